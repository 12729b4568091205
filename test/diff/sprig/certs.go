// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"net"
	"strings"
)

func parseKey(text string) crypto.Signer {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		panic("no key in " + text)
	}
	if k, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		check(k.Validate())
		return k
	}
	if k, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return k
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	check(err)
	return k.(crypto.Signer)
}

func parseCert(text string) *x509.Certificate {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		panic("no certificate in " + text)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	check(err)
	return c
}

// again makes the certificate that sprig would, with the serial number and dates of ours.
func again(c *x509.Certificate, cn string, ips []net.IP, dns []string, ca bool, parent *x509.Certificate, key, signer crypto.Signer) *x509.Certificate {
	t := &x509.Certificate{
		SerialNumber:          c.SerialNumber,
		Subject:               pkix.Name{CommonName: cn},
		IPAddresses:           ips,
		DNSNames:              dns,
		NotBefore:             c.NotBefore,
		NotAfter:              c.NotAfter,
		KeyUsage:              x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	if ca {
		t.KeyUsage |= x509.KeyUsageCertSign
		t.IsCA = true
	}
	if parent == nil {
		parent = t
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), signer)
	check(err)
	out, err := x509.ParseCertificate(der)
	check(err)
	return out
}

func certificates(o *ours, bad map[string]int) int {
	count := 0
	names := []string{"x", "my-ca", "a*b", "ü", "", strings.Repeat("long", 40)}
	for _, kind := range []string{"rsa", "ecdsa", "ed25519"} {
		for _, cn := range names {
			text := fmt.Sprintf(`{{ $k := genPrivateKey %q }}{{ $ca := genCAWithKey %q 3650 $k }}`+
				`{{ $c := genSignedCert %q (list "10.0.0.1" "::1" "fe80::2") (list "a.b" "*.c") 90 $ca }}`+
				`{{ $s := genSelfSignedCertWithKey %q nil (list "d") 99999 $k }}`+
				`{{ $ca.Cert }}|{{ $ca.Key }}|{{ $c.Cert }}|{{ $c.Key }}|{{ $s.Cert }}|{{ $s.Key }}`, kind, "CA of "+cn, cn, cn)
			out, message := o.run(text)
			if message != "" {
				panic(message)
			}
			part := strings.Split(out, "|")
			ca, caKey := parseCert(part[0]), parseKey(part[1])
			leaf, leafKey := parseCert(part[2]), parseKey(part[3])
			self, selfKey := parseCert(part[4]), parseKey(part[5])
			pairs := [][2]*x509.Certificate{
				{ca, again(ca, "CA of "+cn, nil, nil, true, nil, caKey, caKey)},
				{leaf, again(leaf, cn, []net.IP{net.ParseIP("10.0.0.1"), net.ParseIP("::1"), net.ParseIP("fe80::2")}, []string{"a.b", "*.c"}, false, ca, leafKey, caKey)},
				{self, again(self, cn, nil, []string{"d"}, false, nil, selfKey, selfKey)},
			}
			check(leaf.CheckSignatureFrom(ca))
			check(ca.CheckSignature(self.SignatureAlgorithm, self.RawTBSCertificate, self.Signature))
			for _, p := range pairs {
				count++
				same := bytes.Equal(p[0].RawTBSCertificate, p[1].RawTBSCertificate)
				if kind != "ecdsa" { // whose signatures are random in Go
					same = same && bytes.Equal(p[0].Raw, p[1].Raw)
				}
				if !same {
					bad["certs"]++
					fmt.Printf("certs: %s %q\n  ours %x\n  Go   %x\n", kind, cn, p[0].Raw, p[1].Raw)
				}
			}
		}
	}
	return count
}
