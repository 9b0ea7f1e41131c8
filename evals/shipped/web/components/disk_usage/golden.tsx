import { useEffect, useState } from "react";

interface Disk {
  mount: string;
  usedGb: number;
  totalGb: number;
}

const percentOf = ({ usedGb, totalGb }: Disk) => (totalGb === 0 ? 100 : Math.min(100, Math.floor((usedGb * 100) / totalGb)));

function Bar({ disk }: { disk: Disk }) {
  return (
    <div>
      <div role="progressbar" aria-label={disk.mount} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percentOf(disk)} />
      <span>{`${disk.usedGb} of ${disk.totalGb} GB`}</span>
    </div>
  );
}

export function DiskUsage({ limit = 90 }: { limit?: number }) {
  const [result, setResult] = useState<{ disks: Disk[] } | { error: true } | undefined>();
  const [onlyFull, setOnlyFull] = useState(false);

  useEffect(() => {
    fetch("/api/disks")
      .then((response) => (response.ok ? response.json() : Promise.reject(response)))
      .then((disks: Disk[]) => setResult({ disks }))
      .catch(() => setResult({ error: true }));
  }, []);

  if (!result) return <span role="status">Checking disks</span>;
  if ("error" in result) return <span role="alert">Disk check failed</span>;

  const full = result.disks.filter((disk) => percentOf(disk) >= limit);
  const shown = onlyFull ? full : result.disks;
  return (
    <>
      {full.length > 0 && <div role="alert">Almost full: {full.map((disk) => disk.mount).sort().join(", ")}</div>}
      <label>
        <input type="checkbox" checked={onlyFull} onChange={() => setOnlyFull((value) => !value)} />
        Only almost full
      </label>
      {onlyFull && full.length === 0 ? <p>All disks have room</p> : shown.map((disk) => <Bar key={disk.mount} disk={disk} />)}
    </>
  );
}
