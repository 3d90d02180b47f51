import { tenantry } from './tenantry';

tenantry.track('sign_up');
