// SPDX-License-Identifier: Apache-2.0
import { type Content, contentsOf } from '../../lib/contents.ts';
import { shortName } from '../../lib/families.ts';
import { symbol } from '../../lib/unit.ts';
import type { Catalog } from '../../state/catalog.ts';
import { language, words } from '../../state/language.ts';
import { hrefTo } from '../../state/route.ts';
import { Panel } from '../../ui/panel.tsx';
import { Empty } from '../../ui/states.tsx';
import { inLanguage } from './names.ts';

/** Everything that a twin of this model has, and which base it comes from. */
export function Contents({ id, catalog }: { id: string; catalog: Catalog }) {
  const w = words.value;
  const rows = contentsOf(id, catalog.documents, catalog.families);
  return (
    <Panel title={w.contents} aside={String(rows.length)}>
      {rows.length === 0 ? <Empty text={w.noContents} /> : (
        <div class="table-box" tabIndex={0}>
          <table class="table contents">
            <thead>
              <tr><th>{w.name}</th><th>{w.kind}</th><th>{w.schema}</th><th>{w.unit}</th><th>{w.writable}</th><th>{w.from}</th></tr>
            </thead>
            <tbody>{rows.map((row) => <Row key={row.name} row={row} catalog={catalog} />)}</tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Row({ row, catalog }: { row: Content; catalog: Catalog }) {
  const w = words.value;
  const title = inLanguage(row.label);
  return (
    <tr class={row.from ? 'inherited' : ''}>
      <td title={inLanguage(row.description)}><span class="mono">{row.name}</span>{title && <span class="dim small content-title">{title}</span>}</td>
      <td class="dim">{w.kinds[row.kind] ?? row.kind}</td>
      <td class="wrap">{row.model ? <ModelLink id={row.model} catalog={catalog} arrow={row.kind === 'Relationship'} /> : row.kind === 'Relationship' ? w.pointsAt(w.anyTwin) : row.schema}</td>
      <td title={row.unit}>{symbol(row.unit, language.value)}</td>
      <td class="dim">{row.kind === 'Property' ? (row.writable ? w.yes : w.no) : ''}</td>
      <td>{row.from && <ModelLink id={row.from} catalog={catalog} />}</td>
    </tr>
  );
}

/** A model by its short name; a link where it is known here. */
export const ModelLink = ({ id, catalog, arrow = false }: { id: string; catalog: Catalog; arrow?: boolean }) => (
  catalog.rows.has(id)
    ? <a class="link" href={hrefTo('models', id)} title={id}>{arrow ? '→ ' : ''}{shortName(id)}</a>
    : <span title={id}>{arrow ? '→ ' : ''}{shortName(id)}</span>
);
