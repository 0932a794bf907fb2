// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

interface Props {
  label: string;
  icon?: IconName;
  /** primary: one a page; plain: the usual; ghost: among other things; icon: the label is only spoken. */
  kind?: 'primary' | 'plain' | 'ghost' | 'icon';
  /** While the returned promise runs the button keeps its size, says it is busy, and takes no click. */
  onClick: () => void | Promise<unknown>;
  disabled?: boolean;
  /** Enter in a field of its form does it. */
  submit?: boolean;
  /** Why it is disabled, or what it does, on hover. */
  title?: string;
  children?: ComponentChildren;
}

export function Button({ label, icon, kind = 'plain', onClick, disabled, submit, title, children }: Props) {
  const sending = useSignal(false);
  const click = async (event: Event) => {
    if (submit) event.preventDefault();
    if (sending.value) return;
    const work = onClick();
    if (!(work instanceof Promise)) return;
    sending.value = true;
    await work.finally(() => (sending.value = false));
  };
  const alone = kind === 'icon';
  return (
    <button
      type={submit ? 'submit' : 'button'} class={`button ${kind}${sending.value ? ' sending' : ''}`} onClick={(event) => void click(event)} disabled={disabled}
      aria-busy={sending.value} aria-label={alone ? label : undefined} title={title ?? (alone ? label : undefined)}
    >
      {icon && <Icon name={icon} />}
      {!alone && <span>{label}</span>}
      {children}
    </button>
  );
}
