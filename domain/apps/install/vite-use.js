// In src/main, before the app is mounted:
import './tenantry';
