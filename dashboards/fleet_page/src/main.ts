import { Page } from './page';

const header = document.getElementById('header');
const content = document.getElementById('content');
if (header === null || content === null) throw new Error('index.html lacks #header or #content');
new Page(header, content).start();
