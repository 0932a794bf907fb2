// SPDX-License-Identifier: Apache-2.0
import type { Draft } from '../../state/draft.ts';
import { words } from '../../state/language.ts';
import { Button } from '../../ui/button.tsx';

/** Two who write at once: nothing is overwritten before it is said which of the two it shall be. */
export function Theirs({ draft }: { draft: Draft }) {
  const w = words.value;
  if (!draft.theirs) return null;
  return (
    <p class="elsewhere" role="alert">
      <span class="grow">{w.theirDocument}</span>
      <Button label={w.takeTheirs} onClick={draft.takeTheirs} />
      <Button label={w.keepMine} onClick={draft.keepMine} />
    </p>
  );
}
