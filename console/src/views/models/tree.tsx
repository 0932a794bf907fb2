// SPDX-License-Identifier: Apache-2.0
import { useRef } from 'preact/hooks';
import { inOrder, shortName, type TreeRow, treeRows, withBases } from '../../lib/families.ts';
import { ageOf } from '../../lib/time.ts';
import { type Catalog, countWithHeirs, labelOf, titleOf, type TwinCounts } from '../../state/catalog.ts';
import { now } from '../../state/clock.ts';
import { number, words } from '../../state/language.ts';
import { go, hrefTo, hrefWith, NEW, route } from '../../state/route.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Mark } from '../../ui/mark.tsx';
import { pickFiles } from './upload.ts';

interface Props {
  catalog: Catalog;
  counts: TwinCounts | undefined;
  chosen: string;
  stale: number | undefined;
}

/** Until so many models are there, all of the tree is open. */
const OPEN_MAX = 80;
const FOUND_MAX = 200;
const SEPARATOR = ' ';

export function Tree({ catalog, counts, chosen, stale }: Props) {
  const w = words.value;
  const { documents, families, rows: models } = catalog;
  const sought = (route.value.query['find'] ?? '').toLowerCase();
  const turned = new Set((route.value.query['turned'] ?? '').split(SEPARATOR).filter(Boolean));
  const onPath = new Set(withBases(chosen, families));
  const isOpen = (id: string) => turned.has(id) !== (models.size <= OPEN_MAX || (onPath.has(id) && id !== chosen));
  const turn = (id: string) => {
    turned.has(id) ? turned.delete(id) : turned.add(id);
    go(hrefWith({ turned: [...turned].join(SEPARATOR) }), true);
  };
  const matches = (id: string) => id.toLowerCase().includes(sought) || titleOf(id, documents).toLowerCase().includes(sought);
  const found = sought ? [...models.keys()].filter(matches).sort((a, b) => inOrder(shortName(a), shortName(b))) : [];
  const rows: TreeRow[] = sought
    ? found.slice(0, FOUND_MAX).map((id) => ({ key: id, id, depth: 0, open: undefined }))
    : treeRows(families, isOpen, shortName);
  const list = useRef<HTMLUListElement>(null);
  const focus = rows.findIndex((row) => row.id === chosen && !row.part);
  return (
    <>
      <div class="tree-head">
        <input
          class="field" type="search" aria-label={w.filterModels(models.size)} placeholder={w.modelCount(models.size)} value={route.value.query['find'] ?? ''}
          onInput={(e) => go(hrefWith({ find: e.currentTarget.value }), true)}
        />
        {stale !== undefined && <span class="age stale"><Mark is="stale" />{w.staleSince(w.age(ageOf(stale, now.value)))}</span>}
      </div>
      {rows.length === 0 && sought !== '' && <p class="tree-none dim small">{w.noModelMatch(sought)}</p>}
      {found.length > FOUND_MAX && <p class="tree-none faint small">{w.shown(FOUND_MAX, found.length)}</p>}
      <ul ref={list} class="tree" role="tree" aria-label={w.models} onKeyDown={(e) => key(e, list.current!, rows, turn)}>
        {rows.map((row, i) => (
          <li key={row.key} role="treeitem" aria-level={row.depth + 1} aria-expanded={row.open} aria-selected={row.id === chosen && !row.part}
            tabIndex={i === Math.max(0, focus) ? 0 : -1} onFocus={(e) => rove(e.currentTarget, list.current!)} style={{ '--depth': row.depth }}
            onClick={() => go(hrefTo('models', row.id, kept()))}>
            <span class={`chevron${row.open ? ' open' : ''}`} aria-hidden="true" onClick={(e) => row.open !== undefined && (e.stopPropagation(), turn(row.id))}>
              {row.open !== undefined ? <Icon name="next" size={12} /> : row.part ? <Icon name="part" size={12} /> : null}
            </span>
            <span class={`grow clip${models.get(row.id)?.decommissioned ? ' faint' : ''}`} title={row.id}>
              {row.part ? <><span class="mono">{row.part}</span> <span class="faint small">{shortName(row.id)}</span></> : <>{labelOf(row.id, catalog)} {otherName(row.id, documents)}</>}
            </span>
            {!row.part && counts && <span class="faint">{count(row.id, catalog, counts)}</span>}
          </li>
        ))}
      </ul>
      <div class="tree-foot">
        <Button icon="plus" label={w.modelButton} title={w.newModel} onClick={() => go(hrefTo('models', NEW))} />
        <Button icon="up" label={w.upload} title={w.uploadFiles} onClick={pickFiles} />
      </div>
    </>
  );
}

/** The model's own name, where it is more than its identifier says. */
function otherName(id: string, documents: ReadonlyMap<string, unknown>) {
  const title = titleOf(id, documents);
  const same = title.replace(/[^\p{L}\d]/gu, '').toLowerCase() === shortName(id).replace(/[^\p{L}\d]/gu, '').toLowerCase();
  return same ? null : <span class="faint small">{title}</span>;
}

const count = (id: string, { families }: Catalog, counts: TwinCounts): string => {
  const sum = countWithHeirs(id, families, counts);
  return sum === 0 ? '' : number(sum, 0) + (counts.more ? '+' : '');
};

/** What the tree looks like stays while one goes from model to model. */
function kept(): Record<string, string> {
  const { find = '', turned = '', tab = '', lang = '' } = route.peek().query;
  return { find, turned, tab, lang };
}

/** One row of the tree is a stop of the Tab key: the one that had the focus last. */
function rove(row: HTMLElement, list: HTMLElement): void {
  for (const other of list.children) (other as HTMLElement).tabIndex = other === row ? 0 : -1;
}

let typed = { text: '', at: 0 };

/** Arrows walk, open and shut; letters jump to the name that begins with them. */
function key(event: KeyboardEvent, list: HTMLElement, rows: readonly TreeRow[], turn: (id: string) => void): void {
  const items = [...list.children] as HTMLElement[];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const row = rows[at];
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  const parent = () => rows.findLastIndex((r, i) => i < at && r.depth < row.depth);
  const to = (i: number) => items[Math.max(0, Math.min(items.length - 1, i))]?.focus();
  const acts: Record<string, () => void> = {
    ArrowDown: () => to(at + 1), ArrowUp: () => to(at - 1), Home: () => to(0), End: () => to(items.length - 1),
    ArrowRight: () => (row.open === false ? turn(row.id) : row.open ? to(at + 1) : undefined),
    ArrowLeft: () => (row.open ? turn(row.id) : to(parent())),
    Enter: () => items[at]!.click(),
  };
  if (acts[event.key]) acts[event.key]!();
  else if (/^\S$/.test(event.key)) to(jump(event.key, at, rows));
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function jump(letter: string, at: number, rows: readonly TreeRow[]): number {
  typed = { text: Date.now() - typed.at < 700 ? typed.text + letter.toLowerCase() : letter.toLowerCase(), at: Date.now() };
  const starts = (i: number) => shortName(rows[i % rows.length]!.id).toLowerCase().startsWith(typed.text);
  for (let i = typed.text.length > 1 ? at : at + 1; i < at + rows.length + 1; i++) if (starts(i)) return i % rows.length;
  return at;
}
