// SPDX-License-Identifier: Apache-2.0
import { languagesOf, localized } from '../../lib/contents.ts';
import { stemOf } from '../../lib/families.ts';
import { printJson } from '../../lib/json-print.ts';
import { isRecord } from '../../lib/result.ts';
import { instant } from '../../lib/time.ts';
import { type Catalog, titleOf, type TwinCounts } from '../../state/catalog.ts';
import { instantText, words } from '../../state/language.ts';
import { go, hrefTo, hrefWith, route } from '../../state/route.ts';
import { Editor } from '../../ui/editor.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Actions } from './actions.tsx';
import { Contents } from './contents.tsx';
import { Inspector } from './inspector.tsx';
import { inLanguage } from './names.ts';
import { UsedBy, usersOf } from './used-by.tsx';
import { Versions } from './versions.tsx';

interface Props {
  id: string;
  catalog: Catalog;
  counts: TwinCounts | undefined;
}

/** One model: what it has, how it is written, who uses it. */
export function ModelPage({ id, catalog, counts }: Props) {
  const w = words.value;
  const document = catalog.documents.get(id);
  const row = catalog.rows.get(id)!;
  const names = isRecord(document) ? localized(document['displayName']) : undefined;
  const title = inLanguage(names) ?? titleOf(id, catalog.documents);
  const other = isRecord(names) ? Object.values(names).filter((name) => name !== title).join(' ') : '';
  const users = usersOf(id, catalog);
  const versions = [...catalog.rows.keys()].filter((one) => stemOf(one) === stemOf(id));
  const tab = route.value.query['tab'] ?? 'overview';
  const tabs = [
    { value: 'overview', label: w.tabOverview },
    { value: 'source', label: w.tabSource },
    { value: 'users', label: w.tabUsedBy, count: users.length },
    ...(versions.length > 1 ? [{ value: 'versions', label: w.tabVersions, count: versions.length }] : []),
  ];
  return (
    <div class="model">
      <div class="model-head">
        <div class="grow">
          <a class="back small link" href={hrefTo('models')}><Icon name="back" size={12} />{w.models}</a>
          <h1 class="page-title">{title} <span class="dim weight-normal">{other}</span></h1>
          <p class="twin-facts dim small">
            <span class="mono">{id}</span>
            {row.decommissioned && <span class="tag">{w.decommissioned}</span>}
            <span>{w.uploadedAt(instantText(instant(row.uploadTime) ?? 0))}</span>
          </p>
        </div>
        <Actions id={id} catalog={catalog} />
      </div>
      <Tabs label={title} value={tab} tabs={tabs} onChange={(next) => go(hrefWith({ tab: next === 'overview' ? '' : next }))} />
      <div class={`model-body${tab === 'source' ? ' source' : ''}`} id={`panel-${tab}`} role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 'source' ? <Editor key={id} language="json" label={w.sourceOf(title)} text={printJson(document)} readOnly />
          : tab === 'users' ? <UsedBy id={id} catalog={catalog} />
          : tab === 'versions' ? <Versions id={id} ids={versions} catalog={catalog} counts={counts} />
          : <Contents id={id} catalog={catalog} />}
        {tab !== 'source' && <Inspector id={id} catalog={catalog} languages={languagesOf(document)} />}
      </div>
    </div>
  );
}
