// SPDX-License-Identifier: Apache-2.0
import { words } from '../../state/language.ts';
import { session, signOut } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { Icon, Logo } from '../../ui/icon.tsx';
import { Appearance } from './appearance.tsx';
import { FreshCounts } from './fresh-counts.tsx';
import { crumbs } from './head.ts';
import { shownDialog } from './keys.tsx';

export function Header() {
  const w = words.value;
  const shown = crumbs.value;
  return (
    <header class="header">
      <span class="header-logo"><Logo /></span>
      <ol class="crumbs grow">
        {shown.map((crumb, i) => (
          <li key={i} class={i === shown.length - 1 ? 'clip strong' : 'clip dim crumb-up'}>
            {crumb.href && i < shown.length - 1 ? <a href={crumb.href}>{crumb.label}</a> : <span>{crumb.label}</span>}
            {i < shown.length - 1 && <Icon name="next" size={12} />}
          </li>
        ))}
      </ol>
      <button type="button" class="search" onClick={() => (shownDialog.value = 'palette')} aria-keyshortcuts="Control+K" title={w.search}>
        <Icon name="search" />
        <span class="grow clip faint">{w.search}</span>
        <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
      <span class="header-tools">
        <Appearance />
        <span class="header-line" />
        <FreshCounts />
        <span class="header-role dim" title={`${session.value?.principal ?? ''} · ${session.value?.tenant ?? ''}`}>
          <Icon name="user" /><span>{w.role(session.value?.role ?? '')}</span>
        </span>
        <Button kind="icon" icon="exit" label={w.signOut} onClick={signOut} />
      </span>
    </header>
  );
}
