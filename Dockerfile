# One image for the three services and the `orchestra` command:
#   docker build -t orchestra .
#   docker run --rm -e DATABASE_URL=… -e HOST=0.0.0.0 -p 127.0.0.1:4400:4400 orchestra node services/pause-api/src/main.ts
# docker-compose.yml runs all of it with a PostgreSQL.

FROM node:24-slim AS pnpm
WORKDIR /app
COPY package.json ./
# The pnpm that package.json names.
RUN npm install --global --no-fund --no-audit --loglevel=error "$(node -p "require('./package.json').packageManager")"

# Only what says which packages are needed, so that a change in the sources does not install them anew.
FROM node:24-slim AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name 'pnpm-*.yaml' ! -name '*.patch' -delete && find . -type d -empty -delete

FROM pnpm AS page
COPY --from=manifests /app ./
RUN pnpm install --frozen-lockfile --filter-prod '@orchestra/dashboard...'
COPY tsconfig*.json ./
COPY packages packages
RUN cd packages/dashboard && node_modules/.bin/vite build

# Without the optional packages, so without the PostgreSQL that `orchestra up` brings along: here a database is given.
FROM pnpm AS dependencies
COPY --from=manifests /app ./
RUN pnpm install --frozen-lockfile --prod --no-optional --filter-prod 'orchestra-brake...'

FROM node:24-slim AS services
ENV NODE_ENV=production
# Node.js runs the TypeScript sources as they are, but none below node_modules: the workspace keeps its folders.
WORKDIR /app
COPY --from=dependencies /app ./
COPY .env.example ./
COPY docs docs
COPY migrations migrations
COPY packages packages
COPY services services
COPY --from=page /app/packages/dashboard/dist packages/dashboard/dist
USER node
ENTRYPOINT []
CMD ["node", "packages/cli/bin/run.js", "--help"]

# For the runners of tests and staging: docker build --target runner -t orchestra-runner .
FROM services AS runner
USER root
# Clones that are mounted belong to other users, and whoever mounts them trusts them.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates git git-lfs openssh-client \
  && rm -rf /var/lib/apt/lists/* \
  && git lfs install --system && git config --system --add safe.directory '*' \
  && install -d -o node -g node /var/lib/orchestra /srv/clones
USER node

# The last stage is what is built where none is named.
FROM services
