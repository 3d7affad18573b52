/** The page of a run: one file of HTML that needs nothing else, with all that was recorded in it. */
import { PAGE_STYLE } from './page-style.ts';
import type { PageStory } from './run-story.ts';

/** The page. `script` is what makes it live, as JavaScript without imports. */
export function reportPage(story: PageStory, script: string): string {
  const { seed, workload, title, violation } = story;
  const parts = [`seed ${seed}`, workload, violation?.invariant ?? 'clean', title];
  const tab = parts.filter((text) => text !== '').join(', ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(tab)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
${headerOf(story)}
<main id="charts-page">
${barOf(story)}
<div id="charts">
${chartsOf(story)}
</div>
${LOG}
<footer>Made by Hapax's simulator. All times are virtual: nothing happened but what the seed decided.
${keptOf(story)}</footer>
</main>
<div id="tip" hidden></div>
<script type="application/json" id="story">${json(story)}</script>
<script>${script.replaceAll('</script', String.raw`<\/script`)}</script>
</body>
</html>
`;
}

function headerOf(story: PageStory): string {
  const { seed, workload, violation, figures, planInShort, plan, again, title } = story;
  const about = title === '' ? '' : ` · ${title}`;
  const badge = violation === null
    ? '<span class="badge clean">✓ clean</span>'
    : `<span class="badge violated">✗ ${escaped(violation.invariant)} violated</span>`;
  const verdict = violation === null ? '' : `<div class="verdict"><b>${escaped(violation.invariant)}</b> ` +
    `${escaped(violation.message.replace(`${violation.invariant}: `, ''))}</div>`;
  const stack = violation === null
    ? ''
    : `<details><summary>Stack</summary><pre class="stack mono">${escaped(violation.stack)}</pre></details>`;
  return `<header>
<h1>Hapax simulator · seed ${seed} <small>${escaped(`workload ${workload}${about}`)}</small>
${badge}</h1>
${verdict}
<dl class="figures">${pairs(figures)}</dl>
<div class="again"><code>${escaped(again)}</code><button id="copy">Copy</button></div>
<details><summary>Plan: ${escaped(planInShort)}</summary><dl class="plan">${pairs(plan)}</dl></details>
${stack}
</header>`;
}

function barOf({ violation }: PageStory): string {
  const button = '<button id="show-violation" class="danger">Violation <kbd>v</kbd></button>';
  const toViolation = violation === null ? '' : button;
  return `<div class="bar">
<div class="tools">
<button id="show-all">Whole run <kbd>0</kbd></button>
<button id="show-faults">While faults came <kbd>f</kbd></button>
${toViolation}
<button id="zoom-out" aria-label="Zoom out">−</button><button id="zoom-in" aria-label="Zoom in">+</button>
<span class="keys"><kbd>+</kbd> <kbd>−</kbd> or Ctrl and wheel: zoom · <kbd>←</kbd> <kbd>→</kbd> or drag: move ·
double click: closer · click: to its lines · <kbd>/</kbd> filter</span>
</div>
<canvas id="overview"></canvas>
</div>`;
}

function chartsOf({ transactions, partitions }: PageStory): string {
  const lanes = ['kafka', 'raft', 'replication', 'transactions', 'controller', 'admin'].map((lane) =>
    `<label><input type="checkbox" class="lane-box" checked>` +
    `<i style="background:var(--lane-${lane})"></i>${lane}</label>`);
  const key = (colour: string, text: string): string =>
    `<span class="key"><i class="block" style="background:var(--${colour})"></i>${text}</span>`;
  const hasNone = transactions.length === 0 ? ' hidden' : '';
  return `<section class="card">
<div class="head"><h2>Nodes and messages</h2><span class="note" id="message-note"></span>
<span class="right">${lanes.join('')}
<label><input type="checkbox" id="routine" checked>heartbeats and empty fetches</label></span></div>
<canvas id="nodes"></canvas>
</section>
<section class="card"><canvas id="faults"></canvas></section>
<section class="card"${hasNone}>
<div class="head"><h2>Transactions</h2><span class="note">as the coordinator's log has them committed</span>
<span class="right">${key('accent', 'Ongoing')}${key('good', 'PrepareCommit, then CompleteCommit')}
${key('bad', 'PrepareAbort, then CompleteAbort')}</span></div>
<canvas id="transactions"></canvas>
</section>
<section class="card"${partitions.length === 0 ? ' hidden' : ''}>
<div class="head"><h2>Partitions</h2><span class="note">leader and leader epoch, in-sync replicas, and the leader's
marks</span><span class="right"><label><input type="checkbox" id="internal">partitions of the cluster itself</label>
</span></div>
<canvas id="partitions"></canvas>
</section>`;
}

const LOG = `<section class="card">
<div class="head"><h2>What happened</h2>
<input id="filter" type="search" placeholder="filter: node-1 leader epoch" aria-label="Filter the lines">
<span class="note" id="log-count"></span><span class="note" id="log-note"></span></div>
<div id="log" tabindex="0"><div id="log-rows"></div></div>
</section>`;

/** What had to be left out is said. */
function keptOf({ messages, lines, linesDropped }: PageStory): string {
  const { keptFromMs } = messages;
  const early = keptFromMs === 0 ? '' : `; those before ${(keptFromMs / 1000).toFixed(1)} s were too many`;
  const before = linesDropped === 0 ? '' : `; ${linesDropped} before them were too many`;
  return `Kept are ${messages.rows.length / 7} messages${early}, and ${lines.length} lines${before}.`;
}

function pairs(all: readonly (readonly [string, string])[]): string {
  return all.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Times need no more digits than anybody can see; and no text may end the element that holds it. */
function json(story: PageStory): string {
  const rounded = (_: string, value: unknown): unknown =>
    (typeof value === 'number' && !Number.isInteger(value) ? Math.round(value * 1000) / 1000 : value);
  return JSON.stringify(story, rounded).replaceAll('<', String.raw`\u003c`);
}
