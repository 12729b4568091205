#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# dashboards.py [--check]: writes the Grafana dashboards charts/kzsync/files/dashboards/*.json from the rows below;
# --check only says whether they are current. Metrics: docs/metrics.md.
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent / "kzsync/files/dashboards"
M = 'cluster=~"$cluster",module=~"$module"'
C = 'cluster=~"$cluster"'
OURS = "and on (job, instance) kzsync_build_info"  # other programs have metrics of these names too
BAD = "fail|back|held|drift|skip|unknown|paused"

# title, type, unit, width of 24, height, [(expression, legend)]
PLATFORM = [
    ("Modules by state", "stat", "short", 24, 4,
     [(f"sum by (state) (kzsync_module_state{{{M}}}) > 0", "{{state}}")]),
    ("Needs you", "table", "short", 14, 9,
     [(f'kzsync_module_state{{{M},state=~"{BAD}"}} == 1', "")]),
    ("Waits for a person", "table", "short", 10, 9, [(f"kzsync_plan_held{{{M}}} > 0", "")]),
    ("State over time", "state-timeline", "short", 24, 9,
     [(f'max by (module) (kzsync_module_state{{{M},state="{s}"}}) == 1', "{{module}} " + s)
      for s in ("run", "held", "fail", "back", "paused")]),
    ("Objects that are not ok", "timeseries", "short", 12, 8,
     [(f'sum by (module, state) (kzsync_module_objects{{{M},state!="ok"}}) > 0', "{{module}} {{state}}")]),
    ("Behind git", "timeseries", "s", 12, 8,
     [(f"max by (module) (kzsync_module_revision_behind_seconds{{{M}}}) > 0", "{{module}}")]),
    ("Syncs by result, an hour", "timeseries", "short", 12, 8,
     [(f"sum by (result) (increase(kzsync_syncs_total{{{M}}}[1h]))", "{{result}}")]),
    ("Objects written and deleted, an hour", "timeseries", "short", 12, 8,
     [(f"sum(increase(kzsync_objects_applied_total{{{M}}}[1h]))", "written"),
      (f"sum(increase(kzsync_objects_pruned_total{{{M}}}[1h]))", "deleted")]),
    ("Gates: how long they wait", "heatmap", "s", 12, 8,
     [(f"sum by (le) (increase(kzsync_gate_wait_seconds_bucket{{{C}}}[$__rate_interval]))", "{{le}}")]),
    ("Last sync took", "table", "s", 12, 8, [(f"kzsync_module_last_sync_duration_seconds{{{M}}}", "")]),
    ("Failures in 7 days", "table", "short", 24, 8,
     [(f'sum by (module, result) (increase(kzsync_syncs_total{{{M},result=~"failed|partial|rolledback"}}[7d])) > 0', ""),
      (f"sum by (module) (increase(kzsync_fights_total{{{M}}}[7d])) > 0", ""),
      (f"sum by (module, guard) (increase(kzsync_prune_refused_total{{{M}}}[7d])) > 0", ""),
      (f"sum by (module, class) (increase(kzsync_render_failures_total{{{M}}}[7d])) > 0", "")]),
]
ENGINE = [
    ("Runs", "table", "short", 12, 5, [(f"kzsync_build_info{{{C}}}", "")]),
    ("Leads", "stat", "short", 4, 5, [(f"sum(kzsync_leader{{{C}}})", "leaders")]),
    ("Objects known", "stat", "short", 4, 5, [(f"sum(kzsync_cache_objects{{{C}}})", "objects")]),
    ("Inventory written", "stat", "dateTimeFromNow", 4, 5,
     [(f"1000 * max(kzsync_journal_last_write_timestamp_seconds{{{C}}})", "written")]),
    ("Event loop", "timeseries", "percentunit", 8, 8,
     [(f"rate(kzsync_loop_busy_seconds_total{{{C}}}[$__rate_interval])", "busy {{pod}}"),
      (f"rate(process_cpu_seconds_total{{{C}}}[$__rate_interval]) {OURS}", "processor {{pod}}")]),
    ("Stalls, a minute", "timeseries", "short", 8, 8,
     [(f"60 * rate(kzsync_loop_stalls_total{{{C}}}[$__rate_interval])", "{{pod}}")]),
    ("Memory", "timeseries", "bytes", 8, 8,
     [(f"process_resident_memory_bytes{{{C}}} {OURS}", "engine {{pod}}"),
      (f"kzsync_worker_memory_peak_bytes{{{C}}}", "largest renderer {{pod}}")]),
    ("Renderers at work", "timeseries", "short", 8, 8, [(f"sum by (state) (kzsync_workers{{{C}}})", "{{state}}")]),
    ("What waits", "timeseries", "short", 8, 8, [(f"sum by (queue) (kzsync_queue_length{{{C}}})", "{{queue}}")]),
    ("For how long", "timeseries", "s", 8, 8,
     [(f"max by (queue) (kzsync_queue_oldest_age_seconds{{{C}}})", "{{queue}}")]),
    ("Rendering, 95 of 100 within", "timeseries", "s", 12, 8,
     [(f"histogram_quantile(0.95, sum by (le, renderer, cache) "
       f"(rate(kzsync_render_duration_seconds_bucket{{{C}}}[$__rate_interval])))", "{{renderer}} {{cache}}")]),
    ("Syncs, 95 of 100 within", "timeseries", "s", 12, 8,
     [(f"histogram_quantile(0.95, sum by (le, result) "
       f"(rate(kzsync_sync_duration_seconds_bucket{{{C}}}[$__rate_interval])))", "{{result}}")]),
    ("Source: looks", "timeseries", "short", 8, 8,
     [(f"sum by (source, result) (increase(kzsync_source_fetches_total{{{C}}}[$__rate_interval]))", "{{source}} {{result}}")]),
    ("Source: how long they take", "heatmap", "s", 8, 8,
     [(f"sum by (le) (increase(kzsync_source_fetch_duration_seconds_bucket{{{C}}}[$__rate_interval]))", "{{le}}")]),
    ("Source: last read", "stat", "dateTimeFromNow", 8, 8,
     [(f"1000 * max by (source) (kzsync_source_last_success_timestamp_seconds{{{C}}})", "{{source}}")]),
]
ACCESS = [
    ("Requests to the API server, a second", "timeseries", "reqps", 12, 9,
     [(f"sum by (verb) (rate(kzsync_api_requests_total{{{C}}}[$__rate_interval]))", "{{verb}}")]),
    ("Answers that are not 2xx, a second", "timeseries", "reqps", 12, 9,
     [(f'sum by (verb, code, resource) (rate(kzsync_api_requests_total{{{C},code!="2xx"}}[$__rate_interval])) > 0',
       "{{verb}} {{resource}} {{code}}")]),
    ("API server: 95 of 100 within", "timeseries", "s", 12, 9,
     [(f"histogram_quantile(0.95, sum by (le, verb) "
       f"(rate(kzsync_api_request_duration_seconds_bucket{{{C}}}[$__rate_interval])))", "{{verb}}")]),
    ("Sent again, and held back", "timeseries", "short", 12, 9,
     [(f"sum(rate(kzsync_api_retries_total{{{C}}}[$__rate_interval]))", "retries a second"),
      (f"sum(rate(kzsync_api_throttled_seconds_total{{{C}}}[$__rate_interval]))", "share of time held back")]),
    ("Watches", "timeseries", "short", 12, 8,
     [(f"sum(kzsync_watches{{{C}}})", "open"),
      (f"sum by (reason) (increase(kzsync_watch_restarts_total{{{C}}}[$__rate_interval]))", "begun anew: {{reason}}")]),
    ("Requests to kzsync, a minute", "timeseries", "short", 12, 8,
     [(f"60 * sum by (route, code) (rate(kzsync_http_requests_total{{{C}}}[$__rate_interval]))", "{{route}} {{code}}")]),
    ("Making an answer, 95 of 100 within", "timeseries", "s", 12, 8,
     [(f"histogram_quantile(0.95, sum by (le, route) "
       f"(rate(kzsync_http_request_duration_seconds_bucket{{{C}}}[$__rate_interval])))", "{{route}}")]),
    ("File descriptors", "timeseries", "short", 12, 8,
     [(f"process_open_fds{{{C}}} {OURS}", "open {{pod}}")]),
]
DASHBOARDS = {
    "kzsync-platform": ("kzsync: platform", PLATFORM, True),
    "kzsync-engine": ("kzsync: engine", ENGINE, False),
    "kzsync-access": ("kzsync: access", ACCESS, False),
}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def panels(rows):
    x = y = tallest = 0
    for number, (title, kind, unit, width, height, targets) in enumerate(rows, 1):
        if x + width > 24:
            x, y, tallest = 0, y + tallest, 0
        panel = {
            "id": number, "title": title, "type": kind, "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": width, "h": height},
            "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
            "targets": [{"refId": chr(65 + i), "expr": expr, "legendFormat": legend, "datasource": SOURCE,
                         **({"format": "table", "instant": True} if kind == "table" else {}),
                         **({"format": "heatmap"} if kind == "heatmap" else {})}
                        for i, (expr, legend) in enumerate(targets)],
        }
        if kind == "table":
            hidden = {n: True for n in ("Time", "__name__", "job", "instance", "pod", "container", "endpoint", "service")}
            panel["transformations"] = [{"id": "merge", "options": {}},
                                        {"id": "organize", "options": {"excludeByName": hidden}}]
        yield panel
        x, tallest = x + width, max(tallest, height)


def variable(name, metric):
    return {"name": name, "type": "query", "datasource": SOURCE, "query": f"label_values({metric}, {name})", "refresh": 2,
            "includeAll": True, "allValue": ".*", "multi": True, "current": {"text": "All", "value": "$__all"}}


def dashboard(uid, title, rows, of_modules):
    variables = [{"name": "datasource", "type": "datasource", "query": "prometheus"}, variable("cluster", "kzsync_build_info")]
    if of_modules:
        variables.append(variable("module", "kzsync_module_info"))
    written = {"name": "Objects written", "enable": True, "datasource": SOURCE, "iconColor": "blue", "titleFormat": "{{module}}",
               "expr": f"changes(kzsync_objects_applied_total{{{M if of_modules else C}}}[1m]) > 0"}
    return {"uid": uid, "title": title, "tags": ["kzsync"], "schemaVersion": 39, "refresh": "30s", "editable": True,
            "time": {"from": "now-6h", "to": "now"}, "templating": {"list": variables}, "annotations": {"list": [written]},
            "links": [{"type": "dashboards", "title": "kzsync", "tags": ["kzsync"], "asDropdown": True}],
            "panels": list(panels(rows))}


def main():
    stale = 0
    for uid, (title, rows, of_modules) in DASHBOARDS.items():
        path = HERE / f"{uid}.json"
        text = json.dumps(dashboard(uid, title, rows, of_modules), indent=1) + "\n"
        if sys.argv[1:] == ["--check"]:
            if not path.exists() or path.read_text() != text:
                print(f"FAIL {path.name} is not what charts/dashboards.py writes")
                stale += 1
        else:
            path.write_text(text)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
