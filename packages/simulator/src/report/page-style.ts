/** How the page looks: light and dark, with the colours that the charts draw with. */

/** The style sheet. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --panel: #ffffff; --text: #1b1f27; --muted: #626b7b; --faint: #d5dae2; --line: #e6e9ee;
  --bad: #d42a3c; --warn: #c77800; --good: #178a50; --accent: #2563d9; --bad-soft: #fdecee; --good-soft: #e6f5ed;
  --node-0: #3568d4; --node-1: #0f8f7e; --node-2: #8c4fd0; --node-3: #c2571a; --node-4: #b8326f;
  --node-5: #5b7316; --node-6: #27748f; --node-7: #7a5c43;
  --lane-kafka: #5c6b82; --lane-raft: #8445cf; --lane-replication: #16855a; --lane-transactions: #bd6a00;
  --lane-controller: #12839c; --lane-admin: #8a8f99;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1218; --panel: #171b23; --text: #e7eaf0; --muted: #939cac; --faint: #363d4a; --line: #262c37;
    --bad: #ff5c6c; --warn: #f0a63a; --good: #3fc07f; --accent: #6aa2ff; --bad-soft: #35191e; --good-soft: #14301f;
    --node-0: #4f82f0; --node-1: #1ba491; --node-2: #a56be6; --node-3: #dd7434; --node-4: #d9528d;
    --node-5: #809c2c; --node-6: #3d94b3; --node-7: #a07f62;
    --lane-kafka: #93a3bb; --lane-raft: #b98af0; --lane-replication: #43bd8b; --lane-transactions: #eaa047;
    --lane-controller: #45b8d1; --lane-admin: #9aa0ab;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 14px/1.45 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main, header { max-width: 1720px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 22px; }
h1 { font-size: 21px; margin: 0; letter-spacing: -.01em; }
h1 { display: flex; gap: 12px; align-items: center; flex-wrap: wrap; }
h1 small { font-weight: 400; color: var(--muted); font-size: 15px; }
h2 { font-size: 13px; margin: 0; font-weight: 650; }
.badge { font-size: 13px; font-weight: 650; padding: 3px 11px; border-radius: 99px; }
.clean { background: var(--good-soft); color: var(--good); }
.violated { background: var(--bad); color: #fff; }
.verdict {
  margin: 14px 0 0; padding: 12px 16px; border-radius: 8px; background: var(--bad-soft);
  border-left: 4px solid var(--bad); font-size: 15px; overflow-wrap: anywhere;
}
.verdict b { color: var(--bad); }
.figures { display: flex; flex-wrap: wrap; gap: 8px 30px; margin: 14px 0 10px; padding: 0; }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dt { color: var(--muted); font-size: 12px; }
.figures dd { margin: 0; font-size: 16px; font-weight: 600; font-variant-numeric: tabular-nums; }
.again { display: flex; gap: 8px; align-items: center; margin-bottom: 8px; }
code, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 12.5px; }
.again code { background: var(--panel); border: 1px solid var(--line); padding: 6px 11px; border-radius: 7px; }
button {
  font: inherit; font-size: 12.5px; color: var(--text); background: var(--panel); border: 1px solid var(--faint);
  border-radius: 7px; padding: 4px 10px; cursor: pointer;
}
button:hover { border-color: var(--muted); }
button.danger { color: var(--bad); border-color: var(--bad); }
kbd {
  font: 11px ui-monospace, Menlo, monospace; border: 1px solid var(--faint); border-radius: 4px; padding: 0 5px;
  background: var(--panel); color: var(--muted);
}
details { margin: 0 0 10px; }
summary { cursor: pointer; color: var(--muted); font-size: 13px; }
.plan { columns: 3 340px; column-gap: 28px; margin: 8px 0; padding: 12px 16px; background: var(--panel);
  border: 1px solid var(--line); border-radius: 10px; }
.plan div { display: flex; gap: 10px; break-inside: avoid; padding: 1.5px 0; font-size: 12.5px; }
.plan dt { color: var(--muted); flex: 0 0 150px; }
.plan dd { margin: 0; overflow-wrap: anywhere; }
.stack { white-space: pre-wrap; overflow-wrap: anywhere; color: var(--muted); margin: 8px 0; }
.bar {
  position: sticky; top: 0; z-index: 5; background: var(--panel); border: 1px solid var(--line);
  border-radius: 10px; margin-bottom: 12px; box-shadow: 0 4px 14px rgb(0 0 0 / .07);
}
.tools { display: flex; gap: 7px; align-items: center; padding: 8px 12px 4px; flex-wrap: wrap; }
.tools .keys { margin-left: auto; color: var(--muted); font-size: 12px; }
.card {
  background: var(--panel); border: 1px solid var(--line); border-radius: 10px; margin-bottom: 12px; overflow: clip;
}
.card > .head {
  display: flex; gap: 6px 14px; align-items: center; padding: 9px 14px; flex-wrap: wrap;
  border-bottom: 1px solid var(--line);
}
.head .note { color: var(--muted); font-size: 12px; }
.head .right { margin-left: auto; display: flex; gap: 4px 12px; flex-wrap: wrap; }
label { font-size: 12px; color: var(--muted); display: inline-flex; gap: 5px; align-items: center; cursor: pointer; }
label i, .key i { width: 14px; height: 3px; border-radius: 2px; display: inline-block; }
.key { font-size: 12px; color: var(--muted); display: inline-flex; gap: 5px; align-items: center; }
.key i.block { height: 10px; width: 10px; }
label input { margin: 0; accent-color: var(--accent); }
canvas { display: block; width: 100%; touch-action: pan-y; }
.card canvas { cursor: crosshair; }
#overview { cursor: ew-resize; }
#tip {
  position: fixed; z-index: 20; pointer-events: none; max-width: 460px; padding: 8px 12px; border-radius: 8px;
  background: var(--text); color: var(--page); font-size: 12.5px; box-shadow: 0 6px 22px rgb(0 0 0 / .28);
  overflow-wrap: anywhere;
}
#tip[hidden] { display: none; }
#log { height: 420px; overflow: auto; position: relative; }
#log-rows { position: relative; }
.log-row {
  position: absolute; left: 0; right: 0; height: 20px; line-height: 20px; display: flex; gap: 12px; padding: 0 14px;
  white-space: nowrap; cursor: pointer;
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 12px;
}
.log-row:hover { background: color-mix(in srgb, var(--accent) 10%, transparent); }
.log-row.marked { background: color-mix(in srgb, var(--accent) 18%, transparent); }
.log-row.violation { background: var(--bad); color: #fff; }
.log-row.violation span { color: #fff !important; }
.log-row .at { flex: 0 0 80px; text-align: right; color: var(--muted); font-variant-numeric: tabular-nums; }
.log-row .source { flex: 0 0 84px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; }
.log-row .of-faults { color: var(--bad); }
.log-row .fields { color: var(--muted); overflow: hidden; text-overflow: ellipsis; flex: 0 1 auto; }
.log-row .message { flex: 0 0 auto; }
${[0, 1, 2, 3, 4, 5, 6, 7].map((node) => `.log-row .node-${node} { color: var(--node-${node}); }`).join('\n')}
#filter {
  font: 13px ui-monospace, Menlo, monospace; padding: 5px 10px; border: 1px solid var(--faint); border-radius: 7px;
  background: var(--page); color: var(--text); width: 340px;
}
#filter:focus { outline: 2px solid var(--accent); outline-offset: -1px; }
footer { color: var(--muted); font-size: 12px; padding: 4px 0 40px; }
`;
