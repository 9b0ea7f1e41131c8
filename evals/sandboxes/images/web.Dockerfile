# For jobs in JavaScript and TypeScript: Node.js, the pinned packages, and python3 for the zygote.
FROM node:20-slim
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends python3-minimal libpython3-stdlib \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/goldloop-web
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund && rm -rf /root/.npm
WORKDIR /
CMD ["node"]
