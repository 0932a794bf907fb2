// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';

interface Props {
  title: string;
  /** What the title measures, beside it. */
  note?: string | undefined;
  /** At the right end of the head. */
  aside?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

export const Panel = ({ title, note, aside, class: name = '', children }: Props) => (
  <section class={`panel ${name}`} aria-label={title}>
    <header class="panel-head">
      <h2 class="strong">{title}</h2>
      {note && <span class="faint clip">{note}</span>}
      <span class="grow" />
      {aside && <span class="panel-aside faint small">{aside}</span>}
    </header>
    {children}
  </section>
);
