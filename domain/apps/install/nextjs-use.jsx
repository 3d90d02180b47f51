// In app/layout, in <body>:
import { Tenantry } from './tenantry';

<Tenantry />
