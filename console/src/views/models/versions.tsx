// SPDX-License-Identifier: Apache-2.0
import { instant } from '../../lib/time.ts';
import type { Catalog, TwinCounts } from '../../state/catalog.ts';
import { instantText, number, words } from '../../state/language.ts';
import { hrefTo } from '../../state/route.ts';
import { Panel } from '../../ui/panel.tsx';

/** The same model under its other version numbers. */
export const Versions = ({ id, ids, catalog, counts }: { id: string; ids: readonly string[]; catalog: Catalog; counts: TwinCounts | undefined }) => {
  const w = words.value;
  return (
    <Panel title={w.tabVersions}>
      <div class="table-box" tabIndex={0}>
        <table class="table">
          <thead><tr><th>{w.model}</th><th class="num">{w.twinsOf}</th><th class="num">{w.updated}</th></tr></thead>
          <tbody>
            {ids.map((one) => (
              <tr key={one}>
                <td>{one === id ? <span class="mono strong">{one}</span> : <a class="link mono" href={hrefTo('models', one)}>{one}</a>} {catalog.rows.get(one)?.decommissioned && <span class="tag">{w.decommissioned}</span>}</td>
                <td class="num">{counts ? number(counts.of.get(one) ?? 0, 0) : ''}</td>
                <td class="num faint">{instantText(instant(catalog.rows.get(one)?.uploadTime) ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
};
