// SPDX-License-Identifier: Apache-2.0
// A document while it is written in a form, beside what is stored of it.
import { batch, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Document } from '../lib/connection.ts';
import { jsonText } from '../lib/written.ts';

export interface Stored {
  document: Document;
  etag: string;
}
export interface Draft {
  /** undefined: it has not been read yet. */
  document: Document | undefined;
  etag: string;
  changed: boolean;
  /** What somebody else stored while this one was changed: kept until one of the two is chosen. */
  theirs: Stored | undefined;
  write: (document: Document) => void;
  /** This is stored now; what was typed since is a change of it. */
  saved: (stored: Stored) => void;
  takeTheirs: () => void;
  keepMine: () => void;
}

/** `stored`: as it was read last; what nobody changed here follows it. `fresh`: what a new one begins with. */
export function useDraft(stored: Stored | undefined, fresh: Document | undefined): Draft {
  const document = useSignal(fresh);
  const base = useSignal<Stored | undefined>(fresh && { document: fresh, etag: '' });
  const theirs = useSignal<Stored | undefined>(undefined);
  const changed = document.value !== undefined && jsonText(document.value) !== jsonText(base.value?.document);
  const take = (next: Stored) => batch(() => ((document.value = next.document), (base.value = next), (theirs.value = undefined)));
  const rest = (next: Stored) => batch(() => ((base.value = next), (theirs.value = undefined)));
  useEffect(() => {
    if (!stored || stored.etag === base.peek()?.etag) return;
    if (changed) theirs.value = stored;
    else take(stored);
  }, [stored?.etag]);
  return {
    document: document.value, etag: base.value?.etag ?? '', changed, theirs: theirs.value,
    write: (next) => void (document.value = next), saved: rest,
    takeTheirs: () => theirs.value && take(theirs.value), keepMine: () => theirs.value && rest(theirs.value),
  };
}
