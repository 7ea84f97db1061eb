import { testDocument } from './run-document.ts';

testDocument('docs/operations.md');
