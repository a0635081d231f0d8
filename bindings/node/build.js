#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Builds the addon with the C compiler, without a download: node build.js [FOLDER]
//
// It needs a C compiler ($CC, else cc), pkg-config with joinmem, and the headers of Node.js with uv.h, which it looks
// for beside the node program, in $npm_config_nodedir, in /usr/include and in the npm package node-api-headers. The
// result is build/joinmem.node, or FOLDER/joinmem.node.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

function stop(...lines) {
  console.error(['joinmem: the addon cannot be built.', ...lines].join('\n'));
  process.exit(1);
}

/** The output of a program; undefined if there is no such program; stops if it fails. */
function output(program, args, hint) {
  const done = spawnSync(program, args, { encoding: 'utf8' });
  if (done.error?.code === 'ENOENT') {
    return undefined;
  }
  if (done.error || done.status !== 0) {
    stop(`${program} ${args.join(' ')} failed: ${done.error?.message ?? done.stdout + done.stderr}`, hint);
  }
  return done.stdout.trim();
}

function headersOf(folder) {
  return fs.existsSync(path.join(folder, 'node_api.h')) ? folder : undefined;
}

/** The folders with node_api.h and uv.h. */
function nodeHeaders() {
  const beside = path.resolve(process.execPath, '../../include/node');
  const folders = [beside, '/usr/include/node', '/usr/include/nodejs/src'];
  if (process.env.npm_config_nodedir) {
    folders.unshift(path.join(process.env.npm_config_nodedir, 'include/node'));
  }
  try {
    folders.push(require('node-api-headers').include_dir);
  } catch {
    // It is not installed.
  }
  const found = folders.find(headersOf);
  if (!found) {
    stop(`node_api.h is in none of ${folders.join(', ')}.`,
      'Install the headers of Node.js (on Debian: libnode-dev), or: npm install node-api-headers');
  }
  const uvFolders = [found, '/usr/include', '/usr/include/nodejs/deps/uv/include'];
  const uv = uvFolders.find((folder) => fs.existsSync(path.join(folder, 'uv.h')));
  if (!uv) {
    stop(`uv.h is neither in ${found} nor in /usr/include. Install it (on Debian: libuv1-dev).`);
  }
  return [...new Set([found, uv])];
}

/** The flags of the installed library. A folder that the loader does not search becomes an rpath. */
function libraryFlags() {
  const hint = 'Install libjoinmem first, and set PKG_CONFIG_PATH if it is in a prefix of its own.';
  const flags = output('pkg-config', ['--cflags', '--libs', 'joinmem'], hint);
  if (flags === undefined) {
    stop('pkg-config is not installed (on Debian: pkg-config).');
  }
  const folder = output('pkg-config', ['--variable=libdir', 'joinmem'], hint);
  const searched = folder.startsWith('/usr/lib') || folder.startsWith('/usr/local/lib') || folder.startsWith('/lib');
  return [...flags.split(/\s+/).filter(Boolean), ...(searched ? [] : [`-Wl,-rpath,${folder}`])];
}

function main() {
  const source = path.join(__dirname, 'src');
  const folder = path.resolve(process.argv[2] ?? path.join(__dirname, 'build'));
  const compiler = (process.env.CC || 'cc').split(/\s+/);
  const includes = nodeHeaders().map((header) => `-I${header}`);
  const library = libraryFlags();
  const sources = fs.readdirSync(source).filter((name) => name.endsWith('.c')).map((name) => path.join(source, name));
  fs.mkdirSync(folder, { recursive: true });
  const made = path.join(folder, 'joinmem.node');
  const args = [...compiler.slice(1), '-std=gnu11', '-O2', '-g', '-Wall', '-Wextra', '-fPIC', '-shared',
    '-fvisibility=hidden', '-Wl,-z,nodelete', ...includes, ...sources, '-o', `${made}.new`, ...library];
  const said = output(compiler[0], args, 'The sources need C11.');
  if (said === undefined) {
    stop(`the C compiler ${compiler[0]} is not installed (on Debian: gcc); CC names another one.`);
  }
  fs.renameSync(`${made}.new`, made); // a running program keeps the old one
}

main();
