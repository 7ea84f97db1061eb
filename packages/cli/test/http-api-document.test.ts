import { testDocument } from './run-document.ts';

testDocument('docs/http-api.md');
