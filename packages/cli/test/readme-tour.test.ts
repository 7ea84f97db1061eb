import { testDocument } from './run-document.ts';

testDocument('README.md');
