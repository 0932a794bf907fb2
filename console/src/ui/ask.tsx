// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { words } from '../state/language.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';

interface Props {
  /** The question. */
  title: string;
  /** What comes of it. */
  lead?: string;
  verb: string;
  run: () => Promise<unknown>;
  close: () => void;
  children?: ComponentChildren;
}

/** Asked before what cannot be taken back, or with the few words that it needs. */
export const Ask = ({ title, lead, verb, run, close, children }: Props) => (
  <Dialog label={title} onClose={close}>
    <form class="ask" noValidate>
      <h2 class="strong">{title}</h2>
      {lead && <p class="dim">{lead}</p>}
      {children}
      <div class="ask-foot">
        <Button label={words.value.cancel} onClick={close} />
        <Button submit label={verb} onClick={run} />
      </div>
    </form>
  </Dialog>
);
