// Runs on any Node: says in one line what to do when npm scripts would run on a Node that is too old.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Headgate needs Node 24, npm scripts found ${process.versions.node}: run "npm ci" without --omit=optional (it brings Node 24 on Linux), or install Node 24.`,
  );
  process.exit(1);
}
