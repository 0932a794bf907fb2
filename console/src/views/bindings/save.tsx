// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { readBinding, writeBinding } from '../../api/bindings.ts';
import { changed, draft, etag, forgetDraft, stored, text } from '../../state/binding.ts';
import { words } from '../../state/language.ts';
import { problemText } from '../../state/problem.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { mayWrite } from '../../state/session.ts';
import { say, sayDone } from '../../state/toast.ts';
import { Ask } from '../../ui/ask.tsx';
import { Button } from '../../ui/button.tsx';
import { TextLine } from '../../ui/form.tsx';

/** Stores what is written; a new one is asked for its name. Refused when somebody stored another meanwhile. */
export function Save({ name, done }: { name: string; done: () => void }) {
  const w = words.value;
  const asking = useSignal(false);
  const able = mayWrite.value && draft.value !== undefined && changed.value;
  const title = mayWrite.value ? (draft.value ? '' : w.documentBroken) : w.readerOnly;
  const store = async (as: string): Promise<string> => {
    const sent = text.peek();
    const answer = await writeBinding(as, draft.peek()!, etag.peek());
    if (!answer.ok) return problemText(answer.error);
    if (name) stored(sent, answer.value.etag);
    else forgetDraft();
    sayDone((answer.value.body.enabled === false ? w.bindingSavedOff : w.bindingSaved)(as), answer.value.body.notes);
    return '';
  };
  const again = async () => {
    const problem = await store(name);
    if (problem) say({ text: problem, problem: true });
    done();
  };
  return (
    <>
      <Button kind="primary" label={name ? w.save : `${w.save} …`} disabled={!able} {...(title ? { title } : {})} onClick={name ? again : () => void (asking.value = true)} />
      {asking.value && <AskName close={() => (asking.value = false)} store={store} />}
    </>
  );
}

function AskName({ store, close }: { store: (name: string) => Promise<string>; close: () => void }) {
  const w = words.value;
  const name = useSignal('');
  const problem = useSignal('');
  const run = async () => {
    const wanted = name.value.trim();
    if (!wanted || wanted === NEW) return void (problem.value = w.bindingNameMissing);
    if ((await readBinding(wanted)).ok) return void (problem.value = w.bindingThere(wanted));
    problem.value = await store(wanted);
    if (problem.value) return;
    close();
    go(hrefTo('bindings', wanted), true);
  };
  return (
    <Ask title={w.newBinding} verb={w.save} run={run} close={close}>
      <TextLine id="binding-name" label={w.bindingName} problem={problem.value} autofocus value={name.value} onInput={(v) => (name.value = v)} />
    </Ask>
  );
}
