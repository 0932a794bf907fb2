// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import type { Result } from '../lib/result.ts';
import { words } from '../state/language.ts';
import { problemText } from '../state/problem.ts';
import { go } from '../state/route.ts';
import { mayWrite } from '../state/session.ts';
import { say, sayDone } from '../state/toast.ts';
import { Ask } from '../ui/ask.tsx';
import { Button } from '../ui/button.tsx';

interface Props {
  title: string;
  /** What comes of it. */
  lead: string;
  /** What it notes is said, too. */
  remove: () => Promise<Result<{ notes?: string[] } | void>>;
  /** What is said then, and where that leads. */
  done: string;
  to: string;
}

/** Deletes what a page is about, once it is said what comes of it. */
export function RemoveThing({ title, lead, remove, done, to }: Props) {
  const w = words.value;
  const asking = useSignal(false);
  const run = async () => {
    const answer = await remove();
    asking.value = false;
    if (!answer.ok) return say({ text: problemText(answer.error), problem: true });
    sayDone(done, answer.value?.notes);
    go(to);
  };
  return (
    <>
      <Button label={`${w.remove} …`} disabled={!mayWrite.value} {...(mayWrite.value ? {} : { title: w.readerOnly })} onClick={() => void (asking.value = true)} />
      {asking.value && <Ask title={title} lead={lead} verb={w.remove} run={run} close={() => (asking.value = false)} />}
    </>
  );
}
