// SPDX-License-Identifier: Apache-2.0
import { clearRecent, recent } from '../../state/asking.ts';
import { clockText, words } from '../../state/language.ts';
import { hrefTo } from '../../state/route.ts';
import { Button } from '../../ui/button.tsx';

/** What ran here lately; each is a link to itself. */
export function RecentList({ shown }: { shown: string }) {
  const w = words.value;
  return (
    <>
      <div class="recent-head"><h2 class="faint small grow">{w.recent}</h2>{recent.value.length > 0 && <Button kind="ghost" label={w.clearRecent} onClick={clearRecent} />}</div>
      {recent.value.length === 0 && <p class="recent-none faint small">{w.noRecent}</p>}
      <ul class="recent">
        {recent.value.map(({ text, at, rows }) => (
          <li key={text}>
            <a href={hrefTo('query', '', { q: text })} aria-current={text === shown ? 'true' : undefined} title={text}>
              <span class="recent-text mono">{text}</span>
              <span class="faint tiny">{w.ranAt(clockText(at, false), rows)}</span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
