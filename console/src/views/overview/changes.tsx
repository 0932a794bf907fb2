// SPDX-License-Identifier: Apache-2.0
import { useEffect } from 'preact/hooks';
import { changes, type Point } from '../../lib/series.ts';
import { clockText, instantText, words } from '../../state/language.ts';
import { fieldOf, wordFor } from '../../state/models.ts';
import { nameOf } from '../../state/names.ts';
import { hrefTo, span, spanMs } from '../../state/route.ts';
import { useTrail } from '../../state/trails.ts';
import { twinNow } from '../../state/twins.ts';
import { Panel } from '../../ui/panel.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { happenings } from '../shell/time-bar.tsx';

const SHOWN_MAX = 7;

interface Happening {
  unit: string;
  time: number;
  value: Point;
  before: Point;
}

/** The newest changes of state, newest first; all of them stand on the time bar. */
export function Changes({ units }: { units: readonly string[] }) {
  const w = words.value;
  const trails = units.map((unit) => ({ unit, trail: useTrail({ twin: unit, properties: ['state'], spanMs: spanMs.value }).value }));
  const found: Happening[] = trails
    .flatMap(({ unit, trail }) => changes(trail.series['state'] ?? { t: [], v: [] }).map((c) => ({ unit, ...c })))
    .filter((c): c is Happening => c.before !== undefined)
    .sort((a, b) => b.time - a.time);
  const key = found.map((c) => c.time).join();
  useEffect(() => {
    happenings.value = found.map((c) => c.time);
    return () => void (happenings.value = []);
  }, [key]);
  const problem = trails.find(({ trail }) => trail.problem)?.trail.problem;
  const loading = trails.some(({ trail }) => trail.loading);
  return (
    <Panel title={w.whatChanged} aside={w.spanIn[span.value]} class="changes">
      {loading ? <div class="panel-body"><Loading rows={SHOWN_MAX} /></div>
        : problem ? <Failed problem={problem} />
        : found.length === 0 ? <Empty text={w.nothingChanged} />
        : <ol class="rows">{found.slice(0, SHOWN_MAX).map((c) => <Row key={`${c.unit} ${c.time}`} {...c} />)}</ol>}
    </Panel>
  );
}

function Row({ unit, time, value, before }: Happening) {
  const field = fieldOf(twinNow(unit)?.model, 'state');
  const text = words.value.changed(wordFor(field, before), wordFor(field, value));
  return (
    <li>
      <a class="row" href={hrefTo('twin', unit)}>
        <time class="faint" title={instantText(time)}>{clockText(time)}</time>
        <span class="grow clip" title={text}>{text}</span>
        <span class="faint small clip row-end">{nameOf(unit)}</span>
      </a>
    </li>
  );
}
