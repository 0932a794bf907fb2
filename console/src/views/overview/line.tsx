// SPDX-License-Identifier: Apache-2.0
import { Fragment } from 'preact';
import { rate } from '../../lib/series.ts';
import type { Twin } from '../../lib/twin.ts';
import { now } from '../../state/clock.ts';
import { oldState } from '../../state/freshness.ts';
import { number, words } from '../../state/language.ts';
import { knownUntil, link } from '../../state/link.ts';
import { fieldOf, wordFor } from '../../state/models.ts';
import { nameOf } from '../../state/names.ts';
import type { Line } from '../../state/plant.ts';
import { problemText } from '../../state/problem.ts';
import { hrefTo } from '../../state/route.ts';
import { useTrail } from '../../state/trails.ts';
import { twinNow, twinState } from '../../state/twins.ts';
import { freshnessOf, Mark } from '../../ui/mark.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Sparkline } from '../../ui/sparkline.tsx';
import { mood } from './mood.ts';

const WINDOW_MIN = 15;
const SLOT_MS = 20_000;

/** Work units from left to right, with what waits between them. */
export function LinePanel({ line }: { line: Line }) {
  const w = words.value;
  return (
    <Panel title={nameOf(line.id)} note={w.list([w.partsPerMinute, w.lastMinutes(WINDOW_MIN)])} aside={<Order line={line} />} class="line-panel">
      <ol class="line">
        {line.stations.map(({ unit, buffer }, i) => (
          <Fragment key={unit}>
            <Unit id={unit} />
            {i < line.stations.length - 1 && (buffer ? <Buffer id={buffer} /> : <li class="joint" aria-hidden="true" />)}
          </Fragment>
        ))}
      </ol>
    </Panel>
  );
}

/** What is being made, and how much of it is good: the last unit counts. */
function Order({ line }: { line: Line }) {
  const w = words.value;
  const order = twinNow(line.id)?.values['orderId']?.value;
  const good = twinNow(line.stations[line.stations.length - 1]?.unit)?.values['goodCount']?.value;
  const parts = [typeof order === 'string' && order ? w.order(order) : '', typeof good === 'number' ? w.good(number(good, 0)) : ''];
  return <>{w.list(parts)}</>;
}

function Unit({ id }: { id: string }) {
  const w = words.value;
  const { data: twin, problem } = twinState(id).value;
  const trail = useTrail({ twin: id, properties: ['totalCount'], spanMs: WINDOW_MIN * 60_000 });
  const to = Math.floor(now.value / SLOT_MS) * SLOT_MS;
  const from = to - WINDOW_MIN * 60_000;
  const counter = trail.value.series['totalCount'] ?? { t: [], v: [] };
  const rates = rate(counter, from, to, SLOT_MS, knownUntil.value);
  const pace = perMinute(rates.v);
  const state = stateWord(twin);
  const how = mood(twin); // a unit that stands needs the room of its id for the reason
  const own = freshnessOf(twin?.values['state']);
  const is = own === 'fresh' ? (oldState(id) ?? own) : own;
  const name = nameOf(id, twin);
  const figure = pace === undefined ? '—' : number(pace, 1);
  const known = rates.v.filter((r): r is number => r !== null);
  const trend = known.length > 0 ? w.lowToHigh(number(Math.min(...known), 0), number(Math.max(...known), 0), w.perMinute) : w.noHistory;
  return (
    <li class={`unit ${how} ${is}`}>
      <a href={hrefTo('twin', id)}>
        <span class="unit-name"><span class="clip strong-ish" title={w.list([name, id])}>{name}</span>{is !== 'fresh' && <Mark is={is} />}{is !== 'fresh' && <span class="unseen">{w.freshnessOf(is)}</span>}</span>
        <span class="unit-state small clip" title={problem ? problemText(problem) : state.word + state.why}>
          {how !== 'standing' && isNews(name, shortId(id)) && <span class="faint unit-id">{w.list([shortId(id), ' '])}</span>}<span class="unit-word">{state.word}<span class="unit-why">{state.why}</span></span>
        </span>
        <span class="unit-rate"><span class="figure">{figure}</span><span class="faint small">{w.perMinute}</span></span>
        <Sparkline t={rates.t} v={rates.v} from={from} to={to} stale={link.value.kind === 'lost'} label={trend} />
      </a>
    </li>
  );
}

/** The state in the model's own words, and behind a comma why; slow cycles are running that takes too
 *  long. */
function stateWord(twin: Twin | undefined): { word: string; why: string } {
  const w = words.value;
  const state = twin?.values['state'];
  if (!twin || state === undefined || state.value === null) return { word: w.noState, why: '' };
  const reason = twin.values['reason'];
  const field = fieldOf(twin.model, 'state');
  const how = mood(twin);
  if (how === 'slow') return { word: w.slow, why: '' };
  const word = wordFor(field, state.value);
  const why = reason && typeof reason.value === 'string' ? wordFor(fieldOf(twin.model, 'reason'), reason.value) : '';
  const isSaid = how === 'standing' && why && reason!.value !== 'none' && reason!.value !== '';
  return { word, why: isSaid ? w.list([word, why]).slice(word.length) : '' };
}

/** The mean of the last minute that was heard; undefined while nothing is known. */
function perMinute(rates: readonly (number | null)[]): number | undefined {
  const heard = rates.filter((r): r is number => r !== null);
  const minute = heard.slice(-3);
  return minute.length > 0 ? minute.reduce((a, b) => a + b, 0) / minute.length : undefined;
}

/** The last part of riverside.line2.filler: where it stands is clear from the picture. */
const shortId = (id: string) => id.slice(id.lastIndexOf('.') + 1);

/** An id says something when it is not just the name again. */
const isNews = (name: string, short: string) => !name.toLowerCase().replace(/[^a-z0-9]/g, '').includes(short.toLowerCase().replace(/[^a-z0-9]/g, ''));

function Buffer({ id }: { id: string }) {
  const w = words.value;
  const twin = twinNow(id);
  const level = twin?.values['level']?.value;
  const capacity = twin?.values['capacity']?.value;
  const share = typeof level === 'number' && typeof capacity === 'number' && capacity > 0 ? Math.min(1, Math.max(0, level / capacity)) : undefined;
  const percent = share === undefined ? '—' : number(share * 100, 0);
  const label = w.bufferFill(nameOf(id, twin), percent);
  return (
    <li class="buffer">
      <a href={hrefTo('twin', id)} aria-label={label} title={label}>
        <span class="buffer-tube"><span style={{ '--share': String(share ?? 0) }} /></span>
        <span class="tiny faint">{percent}<span class="buffer-unit"> %</span></span>
      </a>
    </li>
  );
}
