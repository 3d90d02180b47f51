import { useEffect } from 'react';
import { useLocation } from 'react-router';

// Queues calls until the script is loaded.
const call = (...words) => (window.tenantry ||= []).push(words);

export const track = (name, properties) => call('track', name, properties);
export const identify = (userId, traits) => call('identify', userId, traits);
export const consent = (yes) => call('consent', yes);

export function Tenantry() {
  const { pathname: path } = useLocation();
  useEffect(() => {
    call('init', { endpoint: '{{endpoint}}', key: import.meta.env.VITE_TENANTRY_KEY });
  }, []);
  useEffect(() => {
    call('page', { path });
  }, [path]);
  return <script async src="{{base}}/sdk/v1/tenantry.js" />;
}
