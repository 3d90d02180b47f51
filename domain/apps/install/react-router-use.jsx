// In app/root, in <body>:
import { Tenantry } from './tenantry';

<Tenantry />
