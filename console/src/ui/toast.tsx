// SPDX-License-Identifier: Apache-2.0
import { words } from '../state/language.ts';
import { hush, toast } from '../state/toast.ts';
import { Button } from './button.tsx';

/** One sentence at the lower left, above the time bar. */
export function ToastBox() {
  const now = toast.value;
  return (
    <div class="toast-place" role={now?.problem ? 'alert' : 'status'}>
      {now && (
        <div class="toast">
          <span class="grow">{now.text}</span>
          {now.action && <Button kind="ghost" label={now.action.label} onClick={now.action.run} />}
          <Button kind="icon" icon="close" label={words.value.close} onClick={hush} />
        </div>
      )}
    </div>
  );
}
