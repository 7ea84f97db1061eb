/** A package that anyone can install. Everything else in this repository is private and is built into these. */
export interface PublicPackage {
  /** Where its sources and its manifest are. */
  folder: string;
  /** Files that run although nothing exports them, relative to the repository. */
  programs?: readonly string[];
  /** Folders and files that its code reads, relative to the repository; they keep their places. */
  assets?: readonly string[];
  /** Whether it is the bundle of the command line and the services (bundle.ts). */
  isBundle?: boolean;
  /** The licence texts of code of others that is in its assets. */
  licenses?: readonly string[];
  /** What it may depend on; absent: anything. A library brings no database driver into the program that uses it. */
  mayNeed?: readonly string[];
  /** Pinned: what was tested is what is installed. A library accepts what the program that uses it has. */
  pinsDependencies: boolean;
}

const LIBRARY = { mayNeed: ['eventsource-parser', 'undici', 'yaml', 'zod'], pinsDependencies: false };

// What hints of the command line name, and what those pages lead to.
const MANUAL = [
  'agent-contract',
  'attach',
  'cli',
  'direct',
  'gates',
  'glossary',
  'http-api',
  'operations',
  'pause-spec',
  'runners',
  'your-own-project',
]
  .map((page) => `docs/${page}.md`)
  .concat('.env.example');

export const PUBLIC_PACKAGES: readonly PublicPackage[] = [
  { folder: 'packages/client', ...LIBRARY },
  { folder: 'packages/worker', ...LIBRARY },
  { folder: 'packages/brake', ...LIBRARY },
  {
    folder: 'packages/cli',
    programs: ['packages/cli/bin/run.js'],
    isBundle: true,
    assets: [
      'migrations',
      'packages/dashboard/dist',
      'examples/claude-code/settings.json',
      'examples/pipeline/stages.yaml',
      'examples/python/brake.py',
      ...MANUAL,
    ],
    licenses: ['packages/dashboard/dist/LICENSES-OF-INLINED-CODE.md'],
    pinsDependencies: true,
  },
];
