// SPDX-License-Identifier: Apache-2.0
import { words } from '../../state/language.ts';
import { hrefTo, route } from '../../state/route.ts';

/** Where devices, what their words become, and what was refused stand beside each other. */
export function Places() {
  const w = words.value;
  const places = [{ view: 'devices', label: w.devices }, { view: 'bindings', label: w.bindings }, { view: 'rejects', label: w.rejects }, { view: 'claims', label: w.claims }, { view: 'issuers', label: w.issuers }, { view: 'sources', label: w.sources }];
  return (
    <nav class="places" aria-label={w.devices}>
      {places.map(({ view, label }) => <a key={view} href={hrefTo(view)} aria-current={route.value.view === view ? 'page' : undefined}>{label}</a>)}
    </nav>
  );
}
