export type { Binaries } from './binaries.ts';
export { startCluster, type Cluster, type ClusterOptions } from './cluster.ts';
export { LocalPostgresError, type LocalPostgresErrorCode } from './errors.ts';
export { FolderLockedError, lockFolder, type FolderLock } from './folder-lock.ts';
export { freePort } from './free-port.ts';
export { spawnCluster, type SpawnedCluster } from './spawn-cluster.ts';
