// SPDX-License-Identifier: Apache-2.0
import { stepOf } from '../../lib/plan.ts';
import { jsonText } from '../../lib/written.ts';
import { asking, plan } from '../../state/asking.ts';
import { number, words } from '../../state/language.ts';

/** How the server went about it, step by step, and what that took. */
export function PlanStrip() {
  const w = words.value;
  const { running, problem } = asking.value;
  const answer = problem ? undefined : asking.value.answer;
  const steps = plan.value;
  return (
    <div class="plan" aria-busy={running}>
      <ol class="plan-steps grow" aria-label={w.plan}>
        {(steps ?? []).map((step, i) => {
          const { title, note } = said(step);
          return <li key={i} class="plan-step"><span class="plan-bar" /><span class="clip" title={title}>{title}</span><span class="faint tiny clip" title={note}>{note}</span></li>;
        })}
        {steps === null && answer && <li class="faint small">{w.noPlan}</li>}
      </ol>
      <p class="plan-sum num" role="status">
        {running ? <span class="dim">{w.running}</span> : answer && (
          <>
            <span class="strong-ish">{w.timeAndRows(number(answer.ms, answer.ms < 10 ? 1 : 0), answer.rows.length)}</span>
            {answer.charge !== undefined && <span class="faint tiny">{w.cost(number(answer.charge, 2))}</span>}
          </>
        )}
      </p>
    </div>
  );
}

/** An operator in the reader's language where it is a known one, and the rest of the row. */
function said(row: unknown): { title: string; note: string } {
  const { what, rest } = stepOf(row);
  const title = words.value.planSteps[what] ?? what;
  return { title, note: rest.map(([key, value]) => (typeof value === 'string' ? value : `${key} ${plain(value)}`)).join(', ') };
}

const plain = (value: unknown): string => (typeof value === 'number' ? number(value, Number.isInteger(value) ? 0 : 1) : typeof value === 'object' ? jsonText(value) : String(value));
