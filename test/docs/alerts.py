#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# alerts.py ROOT [METRICS]: holds the alert rules and dashboards beside their documents: an alert has a section in
# docs/alerts.md, which its runbook_url names, and no section is without alert; every metric that they ask for is in
# docs/metrics.md, or, when given, in METRICS, a scrape; the dashboards are what charts/dashboards.py writes.
import json
import pathlib
import re
import subprocess
import sys

METRIC = re.compile(r"\b(?:kzsync|process)_[a-z_]+\b")


def metrics_of(path):
    """name -> type"""
    text = path.read_text()
    if path.suffix == ".md":
        return dict(re.findall(r"^\| `([a-z_]+)` \| (counter|gauge|histogram) \|", text, re.M))
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))


def is_known(name, known):
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return name in known and known[name] != "histogram" or base != name and known.get(base) == "histogram"


def expressions(root):
    """(where, expression)"""
    rules = (root / "charts/kzsync/files/rules.yaml").read_text()
    for part in re.split(r"^  - ", rules, flags=re.M)[1:]:
        name = re.match(r"alert: (\S+)", part).group(1)
        yield name, re.search(r"expr: (.*?)\n    (?:for|labels):", part, re.S).group(1)
    for path in sorted((root / "charts/kzsync/files/dashboards").glob("*.json")):
        board = json.loads(path.read_text())
        texts = [t["expr"] for p in board["panels"] for t in p["targets"]]
        texts += [a["expr"] for a in board["annotations"]["list"]]
        texts += [v["query"] for v in board["templating"]["list"] if v["type"] == "query"]
        for text in texts:
            yield path.name, text


def differences(root, known):
    rules = (root / "charts/kzsync/files/rules.yaml").read_text()
    alerts = re.findall(r"^  - alert: (\S+)$", rules, re.M)
    sections = re.findall(r"^## (\S+)$", (root / "docs/alerts.md").read_text(), re.M)
    anchors = re.findall(r"runbook_url: \S+/#(\S+)$", rules, re.M)
    if not alerts:
        yield "there are no alerts"
    for name in sorted(set(alerts) ^ set(sections)):
        yield f"'{name}' is {'an alert without section' if name in alerts else 'a section without alert'} in docs/alerts.md"
    if anchors != [a.lower() for a in alerts]:
        yield f"runbook_url of the alerts: {anchors}"
    for where, text in expressions(root):
        for name in METRIC.findall(text):
            if not is_known(name, known):
                yield f"{where} asks for {name}, which is not there"


def main():
    root = pathlib.Path(sys.argv[1])
    page = root / "docs/metrics.md"
    wrong = list(differences(root, metrics_of(pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else page)))
    for line in wrong:
        print(f"FAIL {line}")
    stale = subprocess.run([sys.executable, str(root / "charts/dashboards.py"), "--check"], check=False).returncode
    return 1 if wrong or stale else 0


if __name__ == "__main__":
    sys.exit(main())
