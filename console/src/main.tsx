// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact';
import './style/tokens.css';
import './style/base.css';
import './style/ui.css';
import './style/shell.css';
import './style/views.css';
import './style/build.css';
import './style/devices.css';
import './style/bindings.css';
import { loadWords } from './state/language.ts';
import { session } from './state/session.ts';
import { route } from './state/route.ts';
import { resumeSession } from './state/session.ts';
import { Login } from './views/login/login.tsx';
import { NoServer } from './views/login/no-server.tsx';
import { late } from './views/late.tsx';
import { NoPage } from './views/no-page.tsx';
import { Overview } from './views/overview/overview.tsx';
import { Shell } from './views/shell/shell.tsx';
import { TwinView } from './views/twin/twin.tsx';
import { TwinsView } from './views/twins/twins.tsx';

const ModelsView = late(() => import('./views/models/models.tsx').then((room) => room.ModelsView));
const DevicesView = late(() => import('./views/devices/devices.tsx').then((room) => room.DevicesView));
const BindingsView = late(() => import('./views/bindings/bindings.tsx').then((room) => room.BindingsView));
const RejectsView = late(() => import('./views/bindings/rejects.tsx').then((room) => room.RejectsView));
const ClaimsView = late(() => import('./views/devices/claims.tsx').then((room) => room.ClaimsView));
const SourcesView = late(() => import('./views/devices/sources.tsx').then((room) => room.SourcesView));
const IssuersView = late(() => import('./views/devices/issuers.tsx').then((room) => room.IssuersView));
const QueryView = late(() => import('./views/query/query.tsx').then((room) => room.QueryView));

/** Which view an address shows. */
function View() {
  const { view, id } = route.value;
  if (view === 'twin' && id) return <TwinView key={id} id={id} />;
  if (view === 'twins') return <TwinsView />;
  if (view === 'models') return <ModelsView id={id} />;
  if (view === 'devices') return <DevicesView id={id} />;
  if (view === 'bindings') return <BindingsView id={id} />;
  if (view === 'rejects') return <RejectsView />;
  if (view === 'claims') return <ClaimsView />;
  if (view === 'sources') return <SourcesView id={id} />;
  if (view === 'issuers') return <IssuersView id={id} />;
  if (view === 'query') return <QueryView />;
  return view === 'overview' ? <Overview /> : <NoPage />;
}

function App() {
  if (session.value === undefined) return <NoServer />;
  if (session.value === null) return <Login />;
  return <Shell><View /></Shell>;
}

const place = document.getElementById('app')!;
loadWords().then(
  () => {
    render(<App />, place);
    void resumeSession();
  },
  () => (place.textContent = 'The console could not be loaded. Reload the page. 控制台未能加载，请刷新页面。'),
);
