#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# make_certs.sh DIR: an authority (ca), server certificates good, expired and wrong (another host), a
# client certificate, and a second authority (other_ca), as DIR/NAME.pem and DIR/NAME.key.
set -eu
cd "$1"

authority() { # name
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign \
        -keyout "$1.key" -out "$1.pem"
}

signed() { # name days subject-alternative-name
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
        -keyout "$1.key" -out "$1.csr"
    printf 'subjectAltName=%s\n' "$3" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$2" \
        -extfile "$1.ext" -out "$1.pem"
}

authority ca
authority other_ca
signed good 2 IP:127.0.0.1,DNS:localhost
signed expired -1 IP:127.0.0.1
signed wrong 2 DNS:other.example
signed client 2 DNS:client
