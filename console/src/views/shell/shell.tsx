// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { words } from '../../state/language.ts';
import { hrefTo, route } from '../../state/route.ts';
import { Icon, type IconName, Logo } from '../../ui/icon.tsx';
import { ToastBox } from '../../ui/toast.tsx';
import { Header } from './header.tsx';
import { KeyList, listenToKeys, shownDialog } from './keys.tsx';
import { Palette } from './palette.tsx';
import { TimeBar } from './time-bar.tsx';

interface Place {
  view: string;
  icon: IconName;
  label: string;
}
const operate = (): Place[] => [
  { view: 'overview', icon: 'overview', label: words.value.overview },
  { view: 'twins', icon: 'twins', label: words.value.twins },
];
const build = (): Place[] => [
  { view: 'models', icon: 'model', label: words.value.models },
  { view: 'query', icon: 'query', label: words.value.query },
  { view: 'devices', icon: 'device', label: words.value.devices },
];

/** A twin's page belongs to the list of twins, what stands beside the devices to them. */
const ABOVE: Readonly<Record<string, string>> = { twin: 'twins', bindings: 'devices', rejects: 'devices', claims: 'devices', issuers: 'devices', sources: 'devices' };
const current = () => ABOVE[route.value.view] ?? route.value.view;

const Places = ({ of }: { of: Place[] }) => (
  <ul>
    {of.map(({ view, icon, label }) => (
      <li key={view}>
        <a class="place" href={hrefTo(view)} aria-current={current() === view ? 'page' : undefined} title={label}>
          <Icon name={icon} />
          <span>{label}</span>
        </a>
      </li>
    ))}
  </ul>
);

export function Shell({ children }: { children: ComponentChildren }) {
  const w = words.value;
  useEffect(listenToKeys, []);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(e) => (e.preventDefault(), document.getElementById('main')?.focus())}>{w.skip}</a>
      <nav class="rail" aria-label={w.navigation} data-region tabIndex={-1}>
        <a class="rail-logo" href={hrefTo('overview')} aria-label="Pollux"><Logo /><span class="strong">Pollux</span></a>
        <p class="rail-group faint small">{w.operate}</p>
        <Places of={operate()} />
        <p class="rail-group faint small">{w.build}</p>
        <Places of={build()} />
      </nav>
      <Header />
      <main id="main" class="content" data-region tabIndex={-1}>{children}</main>
      <TimeBar />
      <nav class="bottom-bar" aria-label={w.navigation}><Places of={[...operate(), ...build()]} /></nav>
      <ToastBox />
      {shownDialog.value === 'palette' && <Palette />}
      {shownDialog.value === 'keys' && <KeyList />}
    </div>
  );
}
