#!/usr/bin/env node
/** The file of the command `uwsgi-node`: runs src/cli.ts. */
import { runProgram } from './run-program.js';

runProgram(import.meta.dirname, 'programs/cli.cjs');
