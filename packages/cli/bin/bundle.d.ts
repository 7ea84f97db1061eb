export declare function isBundled(): boolean;
