// SPDX-License-Identifier: Apache-2.0
import { useEffect } from 'preact/hooks';
import { printJson } from '../../lib/json-print.ts';
import { tabulate } from '../../lib/rows.ts';
import { ageOf } from '../../lib/time.ts';
import { asking, more } from '../../state/asking.ts';
import { now } from '../../state/clock.ts';
import { clockText, words } from '../../state/language.ts';
import { link } from '../../state/link.ts';
import { go, hrefWith, route } from '../../state/route.ts';
import { Button } from '../../ui/button.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { tableKey } from '../shell/keys.tsx';
import { save } from './export.ts';
import { ResultTable } from './table.tsx';

/** The rows, as a table or as they came. `placed`: what is wrong is told in the query itself. */
export function Result({ placed, retry }: { placed: boolean; retry: () => void }) {
  const w = words.value;
  const { running, answer, problem, stopped } = asking.value;
  const as = route.value.query['as'] === 'raw' ? 'raw' : 'table';
  const show = (next: 'table' | 'raw') => go(hrefWith({ as: next === 'raw' ? 'raw' : '' }));
  useEffect(() => {
    tableKey.value = () => show(route.peek().query['as'] === 'raw' ? 'table' : 'raw');
    return () => void (tableKey.value = undefined);
  }, []);
  if (problem) return placed ? null : <section class="panel" aria-label={w.resultTable}><Failed problem={problem} retry={retry} /></section>;
  if (!answer) return running ? <section class="panel" aria-label={w.resultTable}><div class="panel-body"><Loading rows={8} /></div></section> : stopped ? <p class="dim">{w.stopped}</p> : null;
  const { rows, token, pages, at } = answer;
  return (
    <>
      <div class="result-head">
        <Segmented label={w.resultAs} value={as} options={[{ value: 'table', label: w.table }, { value: 'raw', label: w.raw }]} onChange={show} />
        <span class="dim grow">
          {stopped ? w.stopped : token ? w.rowsMore(rows.length, clockText(at)) : (pages > 1 ? w.rowsPages : w.rowsAt)(rows.length, clockText(at))}
          {link.value.kind === 'lost' && <span class="age stale"> <Mark is="stale" />{w.staleSince(w.age(ageOf(at, now.value)))}</span>}
        </span>
        <Button icon="download" label={w.exportCsv} onClick={() => save(answer, 'csv')} />
        <Button icon="download" label={w.exportJson} onClick={() => save(answer, 'json')} />
      </div>
      <section class={`panel result${running ? ' older' : ''}`} aria-label={w.resultTable}>
        {rows.length === 0 ? <Empty text={w.noRows} />
          : as === 'raw' ? <pre class="raw mono" tabIndex={0}>{printJson(rows)}</pre>
          : <ResultTable table={tabulate(rows)} />}
      </section>
      {token && <p><Button label={w.moreRows} onClick={() => more()} /></p>}
    </>
  );
}
