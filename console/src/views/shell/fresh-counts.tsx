// SPDX-License-Identifier: Apache-2.0
import { number, words } from '../../state/language.ts';
import { freshnesses, useFreshnesses } from '../../state/freshness.ts';
import { hrefTo } from '../../state/route.ts';
import { Mark } from '../../ui/mark.tsx';

/** How many twins are fresh, late and stale; the last two lead to the list of them. */
export function FreshCounts() {
  const w = words.value;
  useFreshnesses();
  const counts = freshnesses.value?.counts;
  if (!counts || counts.fresh + counts.late + counts.stale === 0) return null;
  return (
    <span class="fresh-counts small" role="group" aria-label={w.freshness}>
      {(['fresh', 'late', 'stale'] as const).map((state) => {
        const label = w.twinsAre(counts[state], w.freshnessOf(state));
        return state === 'fresh'
          ? <span key={state} title={label}><Mark is={state} />{number(counts[state], 0)}<span class="unseen">{label}</span></span>
          : <a key={state} href={hrefTo('twins', '', { state })} title={label} class={counts[state] > 0 ? 'strong-ish' : ''}><Mark is={state} />{number(counts[state], 0)}<span class="unseen">{label}</span></a>;
      })}
    </span>
  );
}
