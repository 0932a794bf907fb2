// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import type { Command } from '../../api/control.ts';
import { printJson } from '../../lib/json-print.ts';
import { instant } from '../../lib/time.ts';
import { useCommands } from '../../state/control.ts';
import { instantText, words } from '../../state/language.ts';
import { fieldName } from '../../state/models.ts';
import { Button } from '../../ui/button.tsx';
import { Ago } from '../../ui/mark.tsx';
import { Failed } from '../../ui/states.tsx';

const SHOWN = 8;

/** What was called and what came of it: those that wait first, then the newest. */
export function Executions({ id, model }: { id: string; model: string }) {
  const w = words.value;
  const { state, reload } = useCommands(id);
  const shown = useSignal(SHOWN);
  const { data, problem, loading } = state.value;
  if (!data) return problem && !loading ? <Failed problem={problem} retry={reload} /> : null;
  const items = [...data.items].sort((a, b) => rank(b) - rank(a));
  return (
    <section class="executions" aria-label={w.executions}>
      <h3 class="dim small">{w.executions}</h3>
      {items.length === 0 && <p class="faint small">{w.noExecutions}</p>}
      <ul>{items.slice(0, shown.value).map((one) => <Execution key={one.id} of={one} model={model} />)}</ul>
      {items.length > shown.value && <Button kind="ghost" label={w.moreRowsOf(shown.value, items.length)} onClick={() => void (shown.value += SHOWN)} />}
      {data.cursor && <p class="faint small">{w.olderExecutions}</p>}
    </section>
  );
}

const OPEN = new Set(['pending', 'delivered']);
const rank = (one: Command): number => (OPEN.has(one.status) ? 1e15 : 0) + (instant(one.called) ?? 0);

function Execution({ of, model }: { of: Command; model: string }) {
  const w = words.value;
  const open = useSignal(false);
  const at = instant(of.ended ?? of.called);
  const who = [of.by ? w.calledBy(of.by) : '', of.endedBy ? w.answeredBy(of.endedBy) : ''].filter(Boolean);
  return (
    <li data-status={of.status}>
      <button type="button" class="row execution" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        <span class="grow clip">{fieldName(model, of.name)}</span>
        <span class={of.status === 'applied' ? 'faint small' : 'strong-ish small'}>{w.wishStatuses[of.status] ?? of.status}</span>
        <span class="faint small" title={at === undefined ? '' : instantText(at)}><Ago time={of.ended ?? of.called} /></span>
      </button>
      {open.value && (
        <div class="execution-body small">
          <p class="faint mono wrap">{of.id}</p>
          <p class="dim wrap">{w.list(who)}</p>
          {of.expires && OPEN.has(of.status) && <p class="dim">{w.wishEnds(instantText(instant(of.expires) ?? 0))}</p>}
          {(of.attempts ?? []).some((attempt) => attempt.to) && <><p class="dim">{w.attemptsOf}</p><ul class="faint">{of.attempts!.map((attempt) => <li key={attempt.at}>{attempt.to ? w.attemptTo(attempt.to, instantText(instant(attempt.delivered ?? attempt.at) ?? 0)) : instantText(instant(attempt.at) ?? 0)}</li>)}</ul></>}
          <p class="dim">{w.payloadOf}</p><pre class="mono">{printJson(of.payload)}</pre>
          {!OPEN.has(of.status) && of.response != null && <><p class="dim">{w.responseOf}</p><pre class="mono">{printJson(of.response)}</pre></>}
        </div>
      )}
    </li>
  );
}
