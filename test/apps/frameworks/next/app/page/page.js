export const dynamic = 'force-dynamic';

export default function Page() {
  return <p>rendered on the server</p>;
}
