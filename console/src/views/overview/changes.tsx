// SPDX-License-Identifier: Apache-2.0
import { clockText, instantText, words } from '../../state/language.ts';
import { fieldOf, wordFor } from '../../state/models.ts';
import { nameOf } from '../../state/names.ts';
import { hrefTo, span } from '../../state/route.ts';
import { twinNow } from '../../state/twins.ts';
import { Panel } from '../../ui/panel.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import type { Happening, States } from './states.ts';

const SHOWN_MAX = 40;

/** The changes of state, newest first; the time bar shows the same ones. */
export function Changes({ states }: { states: States }) {
  const w = words.value;
  return (
    <Panel title={w.whatChanged} aside={w.spanIn[span.value]} class="changes">
      {states.loading ? <div class="panel-body"><Loading rows={7} /></div>
        : states.problem ? <Failed problem={states.problem} />
        : states.changes.length === 0 ? <Empty text={w.nothingChanged} />
        : <ol class="rows">{states.changes.slice(0, SHOWN_MAX).map((c) => <Row key={`${c.unit} ${c.time}`} {...c} />)}</ol>}
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
