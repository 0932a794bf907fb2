// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A native modal dialog: focus is trapped, Esc closes, the opener gets the focus back. */
export function Dialog({ label, onClose, children }: { label: string; onClose: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const node = box.current!;
    const opener = document.activeElement;
    if (!node.open) node.showModal();
    return () => {
      node.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog ref={box} class="dialog" aria-label={label} onCancel={(e) => (e.preventDefault(), onClose())} onClick={(e) => e.target === box.current && onClose()}>
      {children}
    </dialog>
  );
}
