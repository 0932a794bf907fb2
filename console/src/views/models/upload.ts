// SPDX-License-Identifier: Apache-2.0
// Files become the text of the draft; nothing is sent before it was looked at.
import { signal } from '@preact/signals';
import { words } from '../../state/language.ts';
import { recall, remember } from '../../state/memory.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { say } from '../../state/toast.ts';

const KEY = 'pollux.draft.models';
const FILES_MAX = 1000;

/** Kept in the browser until it is uploaded or discarded. */
export const draft = signal(recall(KEY) ?? '');
/** How often the draft came from elsewhere than the editor. */
export const given = signal(0);

export function setDraft(text: string): void {
  draft.value = text;
  remember(KEY, text === '' ? undefined : text);
}
export function giveDraft(text: string): void {
  setDraft(text);
  given.value++;
}

export function pickFiles(): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.accept = '.json,application/json';
  input.onchange = () => void takeFiles(input.files);
  input.click();
}

/** One file as it is; several as one array, each as it was written. */
export async function takeFiles(files: FileList | null | undefined): Promise<void> {
  const texts: string[] = [];
  for (const file of [...(files ?? [])].slice(0, FILES_MAX)) {
    const text = (await file.text()).replace(/^\uFEFF/, '').trim();
    if (text === '' || text.includes('\0')) {
      say({ text: words.peek().fileBad(file.name), problem: true });
      return;
    }
    texts.push(text);
  }
  if (texts.length === 0) return;
  giveDraft(texts.length === 1 ? texts[0]! : `[\n${texts.map(inner).filter(Boolean).join(',\n')}\n]`);
  go(hrefTo('models', NEW));
}

/** A model that is pasted anywhere but into a field becomes the draft. */
export function takePaste(event: ClipboardEvent): void {
  const text = event.clipboardData?.getData('text/plain').trim() ?? '';
  const target = event.composedPath()[0];
  const field = target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA'].includes(target.tagName));
  if (field || !/^[[{]/.test(text)) return;
  giveDraft(text);
  go(hrefTo('models', NEW));
}

/** What stands in the brackets of a file that is an array. */
const inner = (text: string): string => (/^\[[^]*\]$/.test(text) ? text.slice(1, -1).trim() : text);
