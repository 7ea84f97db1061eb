export { makeAuthority, type Authority } from './certificates.ts';
export { FaultProxy } from './fault-proxy.ts';
export { HOSTILE_STRINGS, type HostileString } from './hostile-strings.ts';
export { installedPackages, OLDER_NODE, type InstalledPackages } from './installed-packages.ts';
export { startPooler, type Pooler } from './pooler.ts';
export { startReplicatedServers, type ReplicatedServers } from './replicated-servers.ts';
export { startOwnServer, type TestServer } from './server.ts';
export { PATIENT, testDatabase, type TestDatabase } from './test-database.ts';
export { until } from './until.ts';
