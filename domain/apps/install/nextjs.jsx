'use client';
import { usePathname } from 'next/navigation';
import Script from 'next/script';
import { useEffect } from 'react';

// Queues calls until the script is loaded.
const call = (...words) => (window.tenantry ||= []).push(words);

export const track = (name, properties) => call('track', name, properties);
export const identify = (userId, traits) => call('identify', userId, traits);
export const consent = (yes) => call('consent', yes);

export function Tenantry() {
  const path = usePathname();
  useEffect(() => {
    call('init', { endpoint: '{{endpoint}}', key: process.env.NEXT_PUBLIC_TENANTRY_KEY });
  }, []);
  useEffect(() => {
    call('page', { path });
  }, [path]);
  return <Script src="{{base}}/sdk/v1/tenantry.js" />;
}
