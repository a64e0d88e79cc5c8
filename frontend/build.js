// Compiles portal.scss to build/portal.css and puts beside it what the stylesheet needs: the images that it names and
// the licence of nhsuk-frontend. The folder is made anew beside the old one and then takes its place, so that a build
// that fails leaves the last good one.
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, "node_modules", "nhsuk-frontend", "dist", "nhsuk", "assets");
const build = join(here, "build");
const next = join(here, "build.next");

const { css } = compile(join(here, "portal.scss"), {
  loadPaths: [here, join(here, "node_modules")],
  style: "compressed",
  sourceMap: false,
  quietDeps: true,
});

rmSync(next, { recursive: true, force: true });
mkdirSync(next);
writeFileSync(join(next, "portal.css"), css);
copyFileSync(join(here, "nhsuk-frontend-licence.txt"), join(next, "nhsuk-frontend-licence.txt"));

// Static files get hashed names, which fails on an address that leads nowhere; the policy of the pages refuses others.
for (const [, address] of css.matchAll(/url\(\s*["']?([^"')]+)/g)) {
  if (address.startsWith("data:")) continue;
  const source = join(assets, address);
  if (/^([a-z]+:|\/)/.test(address) || !existsSync(source)) {
    throw new Error(`portal.scss asks for ${address}, which is not among the images of nhsuk-frontend.`);
  }
  mkdirSync(dirname(join(next, address)), { recursive: true });
  copyFileSync(source, join(next, address));
}

rmSync(build, { recursive: true, force: true });
renameSync(next, build);
console.log(`Built frontend/build/portal.css, ${Math.round(css.length / 1024)} KiB.`);
