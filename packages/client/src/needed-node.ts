// Imported first, so that an older Node.js says this and not what it does not understand of the rest.
const NEEDED = [22, 12] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  throw new Error(`Orchestra needs Node.js ${NEEDED.join('.')} or newer, and this is ${process.version}`);
}
